"""Workers, the broker and rows that kill: nothing is lost or doubled, every call is explained, money is never less.

Each test prints its seed and counts. FULL=1 runs the numbers of reliability.md, section 2; without it a short form.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from django.db.models import F, Sum
from django.db.models.functions import Now

from apps.evals import actions
from apps.evals.models import MEASURING, Attempt, Batch, EvalRun, Generation, Likelihood
from apps.evals.progress import progress
from apps.gates.models import GateDecision
from apps.kernel import lifecycle
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from distillhub import celery_app
from tests.chaos import (
    FLUSH_S,
    LEASE_S,
    answered,
    bill,
    hold_the_account,
    miscounted,
    opened,
    right,
    start,
    state,
    until,
)
from tests.conftest import Person, founder
from tests.factories import runs
from tests.fakes import known_model, upstream
from tests.worker import Worker

PLACES = 4
FULL = bool(os.environ.get("FULL"))
pytestmark = pytest.mark.chaos


def test_killed_workers_lose_and_double_nothing(eve: Person, hire: Callable[[], Worker]) -> None:
    """P-01 without its database: that is killed in test_chaos_postgres.py.

    Billed again is only what was sent and not stored when a worker died. That is at most what both endpoints have in
    flight, and as many answers again: results are stored within 50 ms, in which a place that answers after 50 ms gives
    one.
    """
    seed = int(os.environ.get("SEED") or random.randrange(10**6))
    rows, kills, places, latency_s = (2000, 50, 12, 0.8) if FULL else (400, 4, 6, 5 * FLUSH_S)
    dice, killed = random.Random(seed), []
    flaky = random.Random(seed + 1)

    def rule(request: dict) -> str | int:
        return flaky.choice((429, 500)) if flaky.random() < 0.08 else right(request)

    with upstream.serving(rule, latency_s=latency_s) as server:
        team = [hire() for _ in range(3 if FULL else 2)]
        run = start(eve, server.base_url, rows, concurrency=places)
        until(lambda: answered(eve, run) >= places, seconds=60)
        while len(killed) < kills and state(eve, run) in (lifecycle.PLANNED, lifecycle.RUNNING):
            time.sleep(dice.uniform(0.2, 0.8))
            number = dice.randrange(len(team))
            killed.append(team[number].kill())
            assert miscounted(eve, run) == {}
            team[number] = hire()
        until(
            lambda: state(eve, run) == lifecycle.COMPLETED, seconds=900 if FULL else 90, says=lambda: answered(eve, run)
        )
        found, told = hold_the_account(eve, run, server, rows), bill(eve, run, server, killed)
    print(f"P-01 seed {seed}: {told}; {found}")
    assert len(killed) == kills
    assert found["faults"] == 0
    assert told.again == found["again"]
    assert told.again <= sum(one.sent for one in told.losses)
    assert max(one.in_flight for one in told.losses) <= 2 * places
    assert max(one.sent for one in told.losses) <= 2 * places + 2 * places
    with acting(eve.who):
        until(lambda: Scorecard.objects.filter(run=run).count() == 1, seconds=30)


def test_killed_workers_measure_nothing_twice(eve: Person, hire: Callable[[], Worker]) -> None:
    """P-01 of the measuring stage: kill -9 while the student reads, and no text that was stored is read again."""
    rows, kills, billed, lock = (400 if FULL else 60), (20 if FULL else 3), [Decimal(0)], threading.Lock()

    def rule(request: dict) -> dict:
        answer = known_model.both(request)
        usage = answer["usage"]
        with lock:
            billed[0] += Decimal(usage["prompt_tokens"] + 2 * usage["completion_tokens"]) / 1_000_000
        return answer

    with upstream.serving(rule, latency_s=FLUSH_S) as server:
        run = _start_measured(eve, server.base_url, rows)
        worker, done = hire(), 0
        for _ in range(kills):
            until(lambda before=done: _measured(eve, run) > before, seconds=90)  # type: ignore[misc]
            worker.kill()
            done, worker = _measured(eve, run), hire()
        until(lambda: state(eve, run) == lifecycle.COMPLETED, seconds=240)
    asked = sum(count for name, count in server.calls.items() if name.startswith("small: answer"))
    with acting(eve.who):
        found = Likelihood.objects.filter(generation__run=run)
        # A row that was on its way at three deaths is given up, and told.
        lost = found.filter(reason="worker_lost").count()
        assert set(found.values_list("reason", flat=True)) <= {"", "worker_lost"}
        assert found.count() == rows
        reading = Attempt.objects.filter(run=run, batch__stage=MEASURING).exclude(outcome="not_sent").count()
        told = progress(EvalRun.objects.get(pk=run.pk))
    assert miscounted(eve, run) == {}
    # What is read again was on its way, or answered and not yet stored, when its worker died.
    assert rows - lost <= asked <= rows + kills * 2 * PLACES
    assert asked <= reading
    assert told.certain_usd <= billed[0] <= told.certain_usd + told.unconfirmed_usd
    print(f"rows {rows}, kills {kills}, given up {lost}, read again {asked - rows + lost}")


def _start_measured(eve: Person, base_url: str, rows: int) -> EvalRun:
    project = opened(eve)
    with acting(eve.who):
        golden = [row for row in runs.golden_rows(8 * rows) if not {"8", "9"} & set(row["input"])][:rows]
        shared = {"concurrency": PLACES, "max_tokens": 20}
        return actions.start_run(
            project,
            dataset=runs.pinned(project, golden),
            teacher=runs.live(project, "big", base_url, logprobs=True, **shared),
            student=runs.live(project, "small", base_url, dialect="vllm", **shared),
            suite=runs.suite(project),
            divergence="bits_per_byte",
        )


def _measured(eve: Person, run: EvalRun) -> int:
    with acting(eve.who):
        return Likelihood.objects.filter(generation__run=run).count()


def test_each_message_three_times_has_the_effect_of_one(
    eve: Person, hire: Callable[[], Worker], monkeypatch: pytest.MonkeyPatch
) -> None:
    """P-02: what is rung is rung three times, the last after the end."""
    sent: list[tuple[str, list[str]]] = []
    send = celery_app.send_task

    def thrice(name: str, args: list[str], **how: object) -> object:
        sent.append((name, args))
        for _ in range(3):
            send(name, args=args, **how)
        return None

    monkeypatch.setattr(celery_app, "send_task", thrice)
    rows = 300 if FULL else 40
    with upstream.serving(right, latency_s=0.01) as server:
        hire()
        run = start(eve, server.base_url, rows)
        until(lambda: state(eve, run) == lifecycle.COMPLETED, seconds=60)
        for name, args in sent:
            send(name, args=args)
        with acting(eve.who):
            until(lambda: GateDecision.objects.filter(scorecard__run=run).count() == 1, seconds=30)
        time.sleep(1)
        found = hold_the_account(eve, run, server, rows)
    print(f"P-02: {len(sent)} messages of ours three times: {found}")
    assert found["calls"] == 2 * rows
    with acting(eve.who):
        assert Scorecard.objects.filter(run=run).count() == 1


def test_a_dead_worker_costs_one_lease(eve: Person, hire: Callable[[], Worker]) -> None:
    """P-03: work goes on within the lease and five seconds."""
    rows = 240
    with upstream.serving(right, latency_s=0.15) as server:
        first = hire()
        run = start(eve, server.base_url, rows, concurrency=4)
        until(lambda: answered(eve, run) >= 20, seconds=60)
        second = hire()
        first.kill()
        dead_at, before = time.monotonic(), answered(eve, run)
        until(lambda: answered(eve, run) > before, seconds=LEASE_S + 6)
        print(f"P-03: went on after {time.monotonic() - dead_at:.1f} s (lease {LEASE_S} s)")
        until(lambda: state(eve, run) == lifecycle.COMPLETED, seconds=90)
        hold_the_account(eve, run, server, rows)
        assert second is not None


def test_a_wiped_broker_is_rung_again_from_rows(eve: Person, hire: Callable[[], Worker], broker: str) -> None:
    """P-04: every message is gone, and nobody works when it happens."""
    rows = 100
    with upstream.serving(right, latency_s=0.02) as server:
        run = start(eve, server.base_url, rows)
        celery_app.control.purge()
        begun = time.monotonic()
        hire()
        until(lambda: answered(eve, run) > 0, seconds=45)
        print(f"P-04: rung again after {time.monotonic() - begun:.1f} s")
        until(lambda: state(eve, run) == lifecycle.COMPLETED, seconds=60)
        hold_the_account(eve, run, server, rows)


def test_a_row_that_kills_its_worker_ends_alone(eve: Person, hire: Callable[[], Worker]) -> None:
    """P-05: the answer to one row ends the process that reads it, every time."""
    rows, poison = 24, "question 7"

    def rule(request: dict) -> str | int:
        if request["messages"][-1]["content"] == poison and request["model"] == "small":
            server.kill_caller()
        return right(request)

    with upstream.serving(rule, latency_s=0.02) as server:
        hire()
        run = start(eve, server.base_url, rows)
        until(lambda: state(eve, run) == lifecycle.COMPLETED, seconds=90, says=lambda: answered(eve, run))
    with acting(eve.who):
        lost = Generation.objects.filter(run=run).exclude(fault="")
        assert set(lost.values_list("example__key", "fault")) == {("row-0007", "worker_lost")}
        assert Generation.objects.filter(run=run, fault="").count() >= 2 * rows - 2
        died = Attempt.objects.filter(run=run, outcome="worker_lost", example_id=lost[0].example_id)
        tokens = died.values("token").distinct().count()
    print(f"P-05: {server.killed} processes died, the row was lost {tokens} times")
    assert server.killed <= 3


def test_a_budget_stops_a_run_before_it_is_overspent(eve: Person, hire: Callable[[], Worker]) -> None:
    """P-07: 16 in flight; what was spent never passes the budget, and nothing is sent once it is used up."""
    rows = 200
    with upstream.serving(right, latency_s=0.02) as server:
        hire()
        run = start(eve, server.base_url, rows, concurrency=8, budget_usd=Decimal("0.002"))
        until(lambda: state(eve, run) == lifecycle.PAUSED, seconds=60)
        until(lambda: server.in_flight == 0, seconds=10)
        time.sleep(1.0)
        billed = server.answered * Decimal("0.000014")
        with acting(eve.who):
            told = progress(EvalRun.objects.get(pk=run.pk))
            open_worst = Attempt.objects.filter(run=run).aggregate(worst=Sum("worst_usd"))["worst"]
    print(f"P-07: billed {billed} of {told.budget_usd}; {told.calls} attempts, worst together {open_worst}")
    assert told.paused_because == "budget_spent"
    assert billed <= told.certain_usd + told.unconfirmed_usd <= told.budget_usd
    assert 0 < told.answered < 2 * rows


def test_a_small_run_of_another_organization_is_not_starved(eve: Person, hire: Callable[[], Worker]) -> None:
    """Fair share over two workers: the small run ends while the large one goes on."""
    stranger = f"fair-{uuid4().hex[:8]}"
    other = founder(f"{stranger}@example.test", stranger)
    large, small = (4000, 100) if FULL else (1500, 20)
    with upstream.serving(right, latency_s=0.05) as server:
        for _ in range(2):
            hire()
        big = start(eve, server.base_url, large, concurrency=4)
        until(lambda: answered(eve, big) >= 50, seconds=60)
        begun = time.monotonic()
        little = start(other, server.base_url, small, concurrency=4)
        until(lambda: state(other, little) == lifecycle.COMPLETED, seconds=60)
        took, done = time.monotonic() - begun, answered(eve, big)
        until(lambda: answered(eve, big) > done, seconds=20)
        assert state(eve, big) == lifecycle.RUNNING
        with acting(eve.who):
            actions.cancel_run(big, because="shown")
    print(f"fair share: {small} rows beside {large} took {took:.1f} s; the large run had {done} of {2 * large} answers")


def test_a_worker_that_is_asked_to_end_gives_its_leases_back(eve: Person, hire: Callable[[], Worker]) -> None:
    """P-41 for a run: no new leases, calls on their way are kept, exit code 0."""
    rows = 200
    with upstream.serving(right, latency_s=0.5) as server:
        worker = hire()
        run = start(eve, server.base_url, rows, concurrency=8)
        until(lambda: answered(eve, run) >= 16, seconds=60)
        begun = time.monotonic()
        code = worker.ask_to_end()
        took = time.monotonic() - begun
    with acting(eve.who):
        assert not Batch.objects.filter(run=run, is_done=False).exclude(leased_until=None).exists()
        assert not Attempt.objects.filter(run=run, ended_at=None).exists()
        assert Generation.objects.filter(run=run).count() == server.answered
    print(f"P-41: ended after {took:.1f} s with {code}; {server.answered} answers, all kept")
    assert code == 0


def test_workers_whose_clocks_are_an_hour_off_keep_to_the_leases(
    eve: Person, hire: Callable[..., Worker], tmp_path: Path
) -> None:
    """P-32: leases are the database's. A living worker an hour behind keeps his; once he is dead they run out."""
    rows = 800 if FULL else 400
    (tmp_path / "sitecustomize.py").write_text(
        "import os, time\n"
        "real, off = time.time, float(os.environ['HOURS_OFF']) * 3600\n"
        "time.time = lambda: real() + off\n"
        "time.time_ns = lambda: int(time.time() * 1e9)\n"
    )
    with upstream.serving(right, latency_s=0.15) as server:
        behind = hire(HOURS_OFF="-1", PYTHONPATH=str(tmp_path))
        run = start(eve, server.base_url, rows, concurrency=4)
        until(lambda: answered(eve, run) >= 16, seconds=60)
        hire(HOURS_OFF="1", PYTHONPATH=str(tmp_path))
        until(lambda: answered(eve, run) >= rows, seconds=60)
        with acting(eve.who):
            leased = Batch.objects.filter(run=run).exclude(leased_until=None)
            left_s = [(end - now).total_seconds() for end, now in leased.values_list("leased_until", Now())]
            # Slices give batches back in good order and take them again; nobody was taken for dead.
            assert not Batch.objects.filter(run=run).exclude(lost_with=[]).exists()
            assert not Attempt.objects.filter(run=run, outcome="worker_lost").exists()
        assert left_s
        assert all(-1 < left <= LEASE_S for left in left_s)
        dead, before, dead_at = behind.kill(), answered(eve, run), time.monotonic()
        until(lambda: answered(eve, run) > before, seconds=LEASE_S + 6)
        went_on_s = time.monotonic() - dead_at
        until(lambda: state(eve, run) == lifecycle.COMPLETED, seconds=60)
        found, told = hold_the_account(eve, run, server, rows), bill(eve, run, server, [dead])
    with acting(eve.who):
        assert not Attempt.objects.filter(run=run, ended_at__lt=F("created_at")).exists()
        assert not Attempt.objects.filter(run=run, latency_ms__lt=0).exists()
    print(f"P-32: went on {went_on_s:.1f} s after the worker an hour behind died (lease {LEASE_S} s); {told}; {found}")
    assert told.losses[0].sent > 0
    assert told.again <= told.losses[0].sent
    assert found["faults"] == 0
