"""Celery entry points of a run: slices of its stages, and a sweeper that rings for whatever waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError

from apps.evals import coordinate, queries
from apps.evals.execute.work import ANSWERING, JUDGING, MEASURING
from apps.evals.models import EvalRun
from apps.evals.store import seats
from apps.tenancy import store as shares
from apps.tenancy import tasking
from apps.tenancy.acting import Acting, acting
from apps.tenancy.ids import new_id
from apps.tenancy.queries import as_machine, every_organization_id
from apps.tenancy.tasking import sweeper, task

# A slice ends well inside the broker's visibility timeout, so that no message is delivered twice while its work goes
# on; and soon after others wait, so that a large run delays nobody else's by more than this and one call.
LONGEST_S, LOOK_EVERY_S = 30.0, 0.5
# Looks at organizations whose work somebody else is just taking, before a message is given up. Those that have nothing
# any more wait no longer once they were looked at, however many they are.
MOST_LOOKS = 8
QUEUES = {ANSWERING: "inference", JUDGING: "judging", MEASURING: "inference"}


@task("evals.work")
def work(organization_id: UUID, run_id: str, seat: str = "0", ring: str = "1") -> None:
    _turn(organization_id, UUID(run_id), ANSWERING)


@task("evals.judge")
def judge(organization_id: UUID, run_id: str, seat: str = "0", ring: str = "1") -> None:
    _turn(organization_id, UUID(run_id), JUDGING)


@task("evals.measure")
def measure(organization_id: UUID, run_id: str, seat: str = "0", ring: str = "1") -> None:
    _turn(organization_id, UUID(run_id), MEASURING)


@sweeper("evals.ring")
def ring() -> None:
    """Ring again for whatever waits: after a killed worker, a wiped broker or a lost message."""
    for organization_id in every_organization_id():
        with acting(as_machine(organization_id, "coordinator")):
            for run_id, stage in queries.waiting():
                seats.ring(run_id, stage)


def _turn(organization_id: UUID, run_id: UUID, stage: str) -> None:
    """A message gives one turn, to the organization that had least of the stage; the one that it names may be another.

    That organization's own message gives the turn back: as many messages are on their way as seats wait.
    """
    with acting(as_machine(organization_id, "worker")):
        EvalRun.objects.get(pk=run_id)
    holder = new_id()
    looks = 0
    while looks < MOST_LOOKS and (next_id := shares.next_turn(stage)) is not None:
        who, begun = as_machine(next_id, "worker"), time.monotonic()
        with acting(who):
            seat = seats.take(stage, holder=holder)
            if seat is None:
                looks += shares.give_turn_back(next_id, stage, has_work=lambda: seats.has_waiting(stage))
                continue
            if queries.is_worth_sharing(seat.run_id, stage):
                seats.ring(seat.run_id, stage, number=seat.number + 1)
            shares.still_waits(next_id, stage, has_work=lambda: seats.has_waiting(stage))
        try:
            return _slice(who, seat.run_id, stage, seat.number, holder)
        finally:
            shares.end_turn(next_id, stage, took_ms=int((time.monotonic() - begun) * 1000))


def _slice(who: Acting, run_id: UUID, stage: str, number: int, holder: UUID) -> None:
    """Work for a while, and ring for what is left: the message goes behind those of everybody else."""
    with tasking.ending_in_order():
        is_over = coordinate.work(
            who, run_id, seconds=LONGEST_S, stages=(stage,), holder=holder, must_end=_reason_to_end(who, run_id, stage)
        )  # fmt: skip
    if not is_over:
        with acting(who):
            for waiting, left in queries.waiting(run_id):
                seats.ring(waiting, left, number=number if left == stage else seats.FIRST)


def _reason_to_end(who: Acting, run_id: UUID, stage: str) -> Callable[[], str | None]:
    """Ends a slice when the worker stops, or when it has had its turn and others wait."""
    begun = time.monotonic()
    looked = begun + settings.EVAL_SLICE_SECONDS - LOOK_EVERY_S

    def reason() -> str | None:
        nonlocal looked
        if tasking.is_stopping():
            return "worker_stops"
        if time.monotonic() - looked < LOOK_EVERY_S:
            return None
        looked = time.monotonic()
        return "others_wait" if _do_others_wait(who, run_id, stage) else None

    return reason


def _do_others_wait(who: Acting, run_id: UUID, stage: str) -> bool:
    """Does another run wait for this queue?

    More seats of this run are no reason to end: nothing new would be sent until the last call on its way is back.
    """
    stages = [one for one, queue in QUEUES.items() if queue == QUEUES[stage]]
    try:
        if shares.do_others_wait(who.organization_id, stages):
            return True
        with acting(who):
            return seats.do_others_wait(run_id, stages)
    except (OperationalError, InterfaceError):
        # The database is away. The slice finds that out by itself, and knows what to do.
        return False
