"""What tests that kill have in common: a run to start, a wait for it, and the account of what was sent and billed."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Count

from apps.datasets.models import Example
from apps.evals import actions
from apps.evals.models import Attempt, Batch, EvalRun, Generation, Score
from apps.evals.progress import progress
from apps.evals.store import tallies
from apps.gates import actions as gates
from apps.kernel.policy import TEMPLATES
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs
from tests.fakes import upstream
from tests.fakes.upstream import Call
from tests.worker import Killed, Worker

MODELS = {"teacher": "big", "student": "small"}
LEASE_S = 3
CALL_USD = Decimal("0.000014")
# Results are to be durable within this time of their answer.
FLUSH_S = 0.05


@contextmanager
def hiring(folder: Path, *, database: str, broker: str, **always: str) -> Iterator[Callable[..., Worker]]:
    """Start workers with short leases and small batches; they are stopped afterwards."""
    hired: list[Worker] = []

    def one(*, processes: int = 2, **environment: str) -> Worker:
        short = {"DISTILLHUB_EVAL_LEASE_SECONDS": str(LEASE_S), "DISTILLHUB_EVAL_BATCH_EXAMPLES": "8"}
        hired.append(
            Worker(
                folder,
                database=database,
                broker=broker,
                environment={**short, **always, **environment},
                processes=processes,
            )
        )
        return hired[-1]

    try:
        yield one
    finally:
        for worker in hired:
            worker.stop()


def right(request: dict) -> str | int:
    return request["messages"][-1]["content"].replace("question", "answer")


def opened(eve: Person) -> Project:
    with acting(eve.who):
        project = projects.open_project(slug="chaos")
        gates.save_policy(project, slug="release", document=TEMPLATES["release"])
        return project


def start(eve: Person, base_url: str, rows: int, *, concurrency: int = 8, **terms: object) -> EvalRun:
    project = opened(eve)
    with acting(eve.who):
        return actions.start_run(
            project,
            dataset=runs.pinned(project, runs.golden_rows(rows)),
            teacher=runs.live(project, "big", base_url, concurrency=concurrency, max_tokens=20),
            student=runs.live(project, "small", base_url, concurrency=concurrency, max_tokens=20),
            suite=runs.suite(project),
            policy_slug="release",
            **terms,  # type: ignore[arg-type]
        )


def until(what: Callable[[], bool], *, seconds: float, says: Callable[[], object] = lambda: "") -> None:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {says()}")
        time.sleep(0.05)


def state(eve: Person, run: EvalRun) -> str:
    with acting(eve.who):
        return EvalRun.objects.get(pk=run.pk).status


def answered(eve: Person, run: EvalRun) -> int:
    with acting(eve.who):
        return Generation.objects.filter(run=run).count()


def miscounted(eve: Person, run: EvalRun) -> object:
    """Tallies that the rows of this very moment do not bear out, both read in one snapshot while others write."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with acting(eve.who):
            return tallies.differences(run)


def hold_the_account(eve: Person, run: EvalRun, server: upstream.Upstream, rows: int) -> dict[str, int]:
    """Every row once, every upstream call explained by an attempt row, money never told too low."""
    with acting(eve.who):
        answers = Generation.objects.filter(run=run)
        assert answers.count() == 2 * rows
        assert not answers.values("example", "role").annotate(times=Count("id")).filter(times__gt=1).exists()
        assert Score.objects.filter(generation__run=run).count() == 2 * rows
        assert not Batch.objects.filter(run=run, is_done=False).exists()
        attempts = Attempt.objects.filter(run=run).exclude(outcome="not_sent").count()
        told = progress(EvalRun.objects.get(pk=run.pk))
        codes = Counter(answers.exclude(fault="").values_list("fault", flat=True))
    assert miscounted(eve, run) == {}
    calls, faults = sum(server.calls.values()), codes.total()
    if codes:
        print(f"faults: {dict(codes)}")
    assert calls <= attempts, "a call without its attempt row"
    billed = server.answered * CALL_USD
    assert told.certain_usd <= billed <= told.certain_usd + told.unconfirmed_usd
    return {"calls": calls, "attempts": attempts, "faults": faults, "again": server.answered - 2 * rows + faults}


@dataclass(frozen=True, slots=True)
class Loss:
    """Of one kill: the dead worker's calls that were on their way, and those answered whose row was not stored."""

    in_flight: int
    waiting: int
    billed: int

    @property
    def sent(self) -> int:
        return self.in_flight + self.waiting


@dataclass(frozen=True, slots=True)
class Bill:
    """``losses`` in the order of the kills. ``again`` counts answers that were billed and not stored.

    ``unsent`` attempts were open at a kill and never reached the server; ``late`` calls were lost without a kill.
    ``delays_ms`` are from an answer's going out to its durable row, sorted.
    """

    losses: tuple[Loss, ...]
    again: int
    unsent: int
    late: int
    delays_ms: tuple[float, ...]

    def delay_ms(self, share: float) -> float:
        return self.delays_ms[min(int(share * len(self.delays_ms)), len(self.delays_ms) - 1)]

    def __str__(self) -> str:
        sent, flight = sum(one.sent for one in self.losses), sum(one.in_flight for one in self.losses)
        return (
            f"{self.again} billed again of {sent} sent and not stored at {len(self.losses)} kills ({flight} in flight, "
            f"{sent - flight} answered; at most {max((one.sent for one in self.losses), default=0)} at one), "
            f"{self.unsent} opened and never sent, {self.late} late; stored after {self.delay_ms(0.5):.0f} ms (median) "
            f"and {self.delay_ms(0.99):.0f} ms (p99)"
        )


def bill(eve: Person, run: EvalRun, server: upstream.Upstream, kills: Sequence[Killed]) -> Bill:
    """Match every call that the server saw with the attempt that explains it, and say what each kill cost.

    A row's attempts follow one another, so a call belongs to the last that was open when it came.
    """
    with acting(eve.who):
        attempts = _attempts(run)
    calls: dict[Attempt, Call] = {}
    for call in list(server.seen):
        before = [one for one in attempts[call.asked] if one.created_at.timestamp() <= call.came_at]
        assert before, f"a call without its attempt row: {call}"
        assert before[-1] not in calls, f"an attempt sent twice: {call}"
        calls[before[-1]] = call
    lost = {one: call for one, call in calls.items() if not _is_stored(one, attempts[call.asked])}
    losses, left = [], dict(lost)
    for kill in kills:
        dead = {one: call for one, call in left.items() if call.port in kill.ports and call.came_at <= kill.at + 1}
        left = {one: call for one, call in left.items() if one not in dead}
        waiting = sum(1 for call in dead.values() if call.answered_at is not None and call.answered_at <= kill.at)
        losses.append(Loss(len(dead) - waiting, waiting, sum(call.is_billed for call in dead.values())))
    delays = [
        (one.ended_at.timestamp() - call.answered_at) * 1000
        for one, call in calls.items()
        if one not in lost and one.ended_at is not None and call.answered_at is not None
    ]
    return Bill(
        losses=tuple(losses),
        again=sum(call.is_billed for call in lost.values()),
        unsent=sum(one.outcome == "worker_lost" and one not in calls for of in attempts.values() for one in of),
        late=len(left),
        delays_ms=tuple(sorted(delays)),
    )


def _attempts(run: EvalRun) -> dict[str, list[Attempt]]:
    """By what they ask, in the order in which they were opened."""
    questions = {
        example.pk: example.content["input"]
        for example in Example.objects.filter(pk__in=Attempt.objects.filter(run=run).values("example_id"))
    }
    found = defaultdict(list)
    for one in Attempt.objects.filter(run=run).defer("body").order_by("created_at", "number"):
        found[f"{MODELS[one.role]}: {questions[one.example_id]}"].append(one)
    return found


def _is_stored(attempt: Attempt, of_row: Sequence[Attempt]) -> bool:
    """Was its end written down before its worker was lost? An answer is only where nobody asked again."""
    if attempt.outcome == "answered":
        return attempt is of_row[-1]
    return attempt.outcome != "worker_lost"
