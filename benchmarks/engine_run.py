"""One measured run of the engine: set up through the actions, worked on by the worker, counted from its rows."""

from __future__ import annotations

import time
from decimal import Decimal
from uuid import uuid4

import psutil
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.datasets import actions as datasets
from apps.evals import actions as evals
from apps.evals.models import Attempt, EvalRun, Generation, Score
from apps.evaluators import actions as evaluators
from apps.kernel import lifecycle
from apps.kernel.price import PriceCard
from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.rows import read_rows
from apps.members.founding import found_organization
from apps.projects import actions as projects
from apps.registry import actions as registry
from apps.tenancy.acting import Acting, Door, acting
from apps.tenancy.queries import as_person
from benchmarks import upstream
from benchmarks.engine import GIVE_UP_S, MEBIBYTE, Round, Step, limit_share

COHORTS = 8
LOOK_EVERY_S = 0.02
# What the mock says to everybody is a verdict as well, so that a judge's answer can be read.
SAYS = ("--reply", '{"score": 1, "reason": "All that the input asks for is done."}')
# A long run is told in stretches of so many calls.
STEP_CALLS = 10_000


def warm_up(concurrency: int, *, judged: bool = False) -> None:
    """A small run first: the worker's processes have their connections and modules afterwards."""
    with upstream.serving(latency_ms=0, arguments=SAYS) as mock:
        who, run = started(mock.base_url, 40, concurrency, judged=judged)
        wait(who, run, mock, 160 if judged else 80)


def measure(process: psutil.Process, calls: int, *, concurrency: int, latency_ms: float, judged: bool = False) -> Round:
    """``judged``: of the calls, half ask a judge about the answers of the other half."""
    with upstream.serving(latency_ms=latency_ms, arguments=SAYS) as mock:
        before = cpu_s(process)
        who, run = started(mock.base_url, calls // (4 if judged else 2), concurrency, judged=judged)
        steps: list[Step] = []
        first_call_s, rss = wait(who, run, mock, calls, process, steps)
        stats = mock.stats()
        used = cpu_s(process) - before
        with acting(who):
            answers = Generation.objects.filter(run=run, fault="").count()
            kept = f"{answers:,} answers, {Score.objects.filter(generation__run=run).count():,} scores, "
            kept += f"{Attempt.objects.filter(run=run, outcome='answered').count():,} attempts"
    per_second = stats["chat"] / stats["span_s"]
    return Round(
        calls=stats["chat"],
        in_flight=stats["max_in_flight"],
        per_second=per_second,
        of_limit=limit_share(per_second, concurrency, latency_ms),
        cpu_per_1k=used / stats["chat"] * 1000,
        rss_mb=rss,
        first_call_s=first_call_s,
        stored=kept,
        steps=tuple(steps),
    )


def started(base_url: str, rows: int, concurrency: int, *, judged: bool = False) -> tuple[Acting, EvalRun]:
    """A run of two models at one endpoint over ``rows`` rows, in a fresh organization.

    Two string evaluators score it; where it is ``judged``, a judge at the same endpoint as well.
    """
    name = f"bench-{uuid4().hex[:10]}"
    user = User.objects.create_user(f"{name}@example.test", uuid4().hex)
    found_organization(slug=name, name=name, founder=user, door=Door.COMMAND)
    who = as_person(user, name, door=Door.COMMAND)
    with acting(who):
        project = projects.open_project(slug="engine")
        golden = parse_golden(read_rows("golden.jsonl", [golden_lines(rows)]))
        dataset = datasets.pin_version(datasets.import_golden(project, slug="golden", golden=golden))
        provider = registry.register_provider(slug="mock")
        endpoint = registry.register_endpoint(provider, slug="mock", base_url=base_url, concurrency=concurrency)
        versions = {}
        for slug in ("big", "small", "judge"):
            versions[slug] = registry.register_version(
                registry.register_model(project, slug=slug), endpoint=endpoint, remote_name=slug,
                parameters={"temperature": 0, "max_tokens": 64},
            )  # fmt: skip
            card = PriceCard(Decimal(1), Decimal(2))
            registry.set_price(versions[slug], valid_from=timezone.now().date(), card=card)
        kinds = {"Exact": {}, "Close": {"normalise": True}}
        entries = [
            evaluators.Entry(evaluators.configure(project, name=label, kind="exact_match", settings=given))
            for label, given in kinds.items()
        ]
        if judged:
            asked = evaluators.configure(
                project, name="Done", kind="task_completion", judge_version_id=versions["judge"].id
            )
            entries.append(evaluators.Entry(asked))
        suite = evaluators.freeze_suite(project, slug="suite", entries=entries)
    with acting(who):
        run = evals.start_run(project, dataset=dataset, teacher=versions["big"], student=versions["small"], suite=suite)
    return who, run


def golden_lines(rows: int) -> bytes:
    return b"\n".join(
        b'{"id": "row-%07d", "cohort": "c%d", "input": "Question %d: may the customer on the basic plan get a refund '
        b'for order %d?", "reference": "refund"}' % (number, number % COHORTS, number, number * 7919 % 100003)
        for number in range(rows)
    )


def wait(
    who: Acting,
    run: EvalRun,
    mock: upstream.Mock,
    calls: int,
    process: psutil.Process | None = None,
    steps: list[Step] | None = None,
) -> tuple[float, float]:
    """Seconds to the first call and the largest memory of one of the worker's processes, in MB."""
    begun, first, most = time.perf_counter(), None, 0.0
    while time.perf_counter() - begun < GIVE_UP_S:
        count = mock.stats()["chat"]
        if first is None and count:
            first = time.perf_counter() - begun
        if process is not None and first is not None:
            most = max(most, rss_mb(process))
            if steps is not None and count >= (steps[-1].calls + STEP_CALLS if steps else 1):
                steps.append(step(count, steps[-1] if steps else None, rss_mb(process)))
        if count >= calls:
            with acting(who):
                run.refresh_from_db()
            if run.status == lifecycle.COMPLETED:
                return first or 0.0, most
        time.sleep(LOOK_EVERY_S if first is None else 10 * LOOK_EVERY_S)
    with acting(who):
        run.refresh_from_db()
    raise SystemExit(f"{run} is {run.status} after {GIVE_UP_S:.0f} s")


def step(calls: int, last: Step | None, rss: float) -> Step:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
        commits = cursor.fetchone()[0]
    now = time.perf_counter()
    if last is None:
        return Step(calls, now, 0.0, rss, commits, 0.0)
    done = calls - last.calls
    return Step(calls, now, done / (now - last.at_s), rss, commits, (commits - last.commits) / done)


def cpu_s(process: psutil.Process) -> float:
    """User and system time of the worker and its children, those that ended included."""
    times = [one.cpu_times() for one in [process, *process.children(recursive=True)]]
    return sum(time.user + time.system for time in times) + times[0].children_user + times[0].children_system


def rss_mb(process: psutil.Process) -> float:
    return max(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / MEBIBYTE
