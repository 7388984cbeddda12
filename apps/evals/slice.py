"""A slice of a run's work in one process: leases taken, calls fed to the event loop, results written as they come."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from apps.audit.move import move
from apps.evals import loading
from apps.evals.execute.desk import Bundle, Desk
from apps.evals.execute.flow import RUNNERS_PER_CALL, Flow
from apps.evals.execute.work import Frame, Job, Lease, Work, jobs_of
from apps.evals.models import EvalRun
from apps.evals.store import keeping, leases
from apps.inference.client import Client
from apps.kernel import budget, lifecycle
from apps.tenancy.acting import Acting, acting

T = TypeVar("T")
ClientFactory = Callable[[], Client]
# What arrives within this time is written together; an idle slice looks after pauses and leases this often.
GROUP_S, IDLE_S = 0.025, 0.25
# Work for this many rounds of everything in flight is held ready.
ROUNDS_READY = 1
RENEWALS_PER_LEASE = 4
LEASES_AWAY = 10
RECONNECT_S = 0.2
SWITCH_S = 0.0002
NOTHING_LEFT = "nothing_left"


@dataclass(slots=True)
class _Held:
    """A lease and what is still to come of it. ``steps`` are groups of jobs that wait for the one before them.

    Each step has the example that it tries alone, None for the last one with all the others.
    """

    lease: Lease
    steps: deque[tuple[str | None, list[Job]]]
    to_come: int
    running: int = 0
    is_careful: bool = False


class Slice:
    """``run`` returns when nothing more can be taken, or ``must_end`` gave a reason and what was sent has come back."""

    def __init__(
        self,
        who: Acting,
        run_id: UUID,
        stages: Sequence[str],
        client_of: ClientFactory,
        must_end: Callable[[], str | None],
        holder: UUID,
    ) -> None:
        self._who = who
        self._run_id = run_id
        self._stages = tuple(stages)
        self._must_end = must_end
        self._holder = holder
        self._desk = Desk()
        self._flow = Flow(self._desk, client_of)
        self._held: dict[Lease, _Held] = {}
        self._loaded: tuple[EvalRun, Frame] | None = None
        self._claim_at = self._renewed_at = time.monotonic()

    def run(self) -> None:
        # Two busy threads: at Python's default of 5 ms every answer of the database would wait that long for its turn.
        before = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        try:
            self._work()
        finally:
            sys.setswitchinterval(before)

    def _work(self) -> None:
        try:
            self._claim()
            while self._held and self._flow.is_alive():
                self._turn()
        finally:
            self._flow.halt(NOTHING_LEFT)
            while self._flow.is_alive():
                self._write(self._desk.take(wait_s=IDLE_S, group_s=0))
        self._write(self._desk.take(wait_s=0, group_s=0))
        if self._flow.error is not None:
            # The leases run out by themselves, so that a row which breaks its worker is found out (kernel/plan.py).
            raise self._flow.error
        self._durably(lambda: leases.release(list(self._held)))

    def _turn(self) -> None:
        self._write(self._desk.take(wait_s=IDLE_S, group_s=GROUP_S))
        reason = self._must_end()
        if reason is not None:
            self._flow.halt(reason)
        self._step()
        self._claim()

    def _write(self, bundle: Bundle) -> None:
        """Keep a bundle, and let go what has to be let go."""
        for lease, _ in (*bundle.answers, *bundle.judgements, *bundle.measurements):
            held = self._held.get(lease)
            if held is not None:
                held.running -= 1
                held.to_come -= 1
        done = [lease for lease, held in self._held.items() if held.to_come == 0]
        kept = self._durably(lambda: self._keep(bundle, done))
        for lease in [lease for lease in self._held if lease in done or lease not in kept.standing]:
            self._flow.forget(lease)
            del self._held[lease]
        self._desk.put_back(kept.waiting)
        if self._flow.loop is not None and self._flow.is_alive():
            self._desk.settle(kept.verdicts, self._flow.loop)
        if kept.halt is not None:
            self._flow.halt(kept.halt)

    def _durably(self, act: Callable[[], T]) -> T:
        """One acting block, however often the database has to be asked.

        It restarts, say. What was answered is paid for, and our leases stand while the database is away (expiry.py): it
        is worth waiting to keep it.
        """
        until = time.monotonic() + LEASES_AWAY * settings.EVAL_LEASE_SECONDS
        while True:
            try:
                with acting(self._who):
                    return act()
            except (OperationalError, InterfaceError):
                if connection.in_atomic_block or time.monotonic() > until:
                    raise
                connection.close()
                time.sleep(RECONNECT_S)

    def _keep(self, bundle: Bundle, done: list[Lease]) -> keeping.Kept:
        now = time.monotonic()
        is_renewal = now - self._renewed_at > settings.EVAL_LEASE_SECONDS / RENEWALS_PER_LEASE
        kept = keeping.keep(
            self._run_id, bundle, held=list(self._held), done=done, is_renewal=is_renewal,
            halted=self._desk.halted, has_budget=self._has_budget(),
        )  # fmt: skip
        if kept.halt == budget.BUDGET_SPENT and self._desk.halted is None:
            run = EvalRun.objects.get(pk=self._run_id)
            move(run, to=lifecycle.PAUSED, because="the budget is spent", paused_because=budget.BUDGET_SPENT)
        if is_renewal:
            self._renewed_at = now
        return kept

    def _step(self) -> None:
        """Let each batch go on to its next step once nothing of the last one is out any more."""
        for held in self._held.values():
            if held.running or not held.steps or self._desk.halted is not None:
                continue
            alone, jobs = held.steps.popleft()
            if held.is_careful:
                self._durably(partial(leases.try_alone, held.lease, alone))
                held.is_careful = alone is not None
            held.running = len(jobs)
            self._flow.feed(jobs)

    def _claim(self) -> None:
        """Take batches until enough is ready to keep every endpoint busy. A careful one is worked on by itself."""
        if self._desk.halted is not None or (self._held and time.monotonic() < self._claim_at):
            return
        while sum(held.to_come for held in self._held.values()) < self._enough():
            if any(held.is_careful for held in self._held.values()):
                return
            held = self._durably(self._take)
            if held is None:
                self._claim_at = time.monotonic() + IDLE_S
                return
            self._held[held.lease] = held
            if not held.to_come:
                self._desk.ring()
            self._step()

    def _take(self) -> _Held | None:
        run, frame = self._loaded or self._load()
        if run.status not in (lifecycle.PLANNED, lifecycle.RUNNING):
            return None
        batch = leases.claim(self._run_id, holder=self._holder, stages=self._stages, is_busy=bool(self._held))
        if batch is None:
            return None
        if run.status == lifecycle.PLANNED:
            move(run, to=lifecycle.RUNNING, because="the first batch was taken")
        return _held(loading.work_of(batch, run, frame))

    def _load(self) -> tuple[EvalRun, Frame]:
        sides = [f"{side}__{part}" for side in ("teacher", "student") for part in ("model", "endpoint__provider")]
        run = EvalRun.objects.select_related("suite_version", *sides).get(pk=self._run_id)
        self._loaded = run, loading.frame_of(run)
        return self._loaded

    def _has_budget(self) -> bool:
        return self._loaded is None or self._loaded[0].budget_usd is not None

    def _enough(self) -> int:
        """Jobs that keep every endpoint busy; at least one, so that recorded batches are taken one by one."""
        frame = self._loaded[1] if self._loaded else None
        if frame is None:
            return 1
        arms = [arm for arm in (*frame.arms, *(entry.judge for entry in frame.entries)) if arm is not None]
        calls = {arm.address.key: arm.address.concurrency for arm in arms if arm.address is not None}
        return 1 + (RUNNERS_PER_CALL + ROUNDS_READY) * sum(calls.values())


def _held(work: Work) -> _Held:
    jobs = jobs_of(work)
    alone = [example for example in work.alone if any(job.task.example_id == example for job in jobs)]
    steps: deque[tuple[str | None, list[Job]]] = deque(
        (example, [job for job in jobs if job.task.example_id == example]) for example in alone
    )
    rest = [job for job in jobs if job.task.example_id not in set(alone)]
    if rest or alone:
        steps.append((None, rest))
    return _Held(work.lease, steps, to_come=len(jobs), is_careful=bool(alone))
