"""Celery entry points of a run: slices of its stages, and a sweeper that rings for whatever waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from apps.evals import coordinate, queries
from apps.evals.execute.work import ANSWERING, JUDGING, MEASURING
from apps.evals.models import EvalRun
from apps.evals.store import seats
from apps.tenancy import tasking
from apps.tenancy.acting import acting
from apps.tenancy.ids import new_id
from apps.tenancy.queries import as_machine, every_organization_id
from apps.tenancy.tasking import sweeper, task

# A slice ends well inside the broker's visibility timeout, so that no message is delivered twice while its work goes
# on; and soon after others wait, so that a large run delays nobody else's by more than this and one call.
LONGEST_S, SHORTEST_S, LOOK_EVERY_S = 30.0, 3.0, 0.5
QUEUES = {ANSWERING: "inference", JUDGING: "judging", MEASURING: "inference"}


@task("evals.work")
def work(organization_id: UUID, run_id: str, seat: str = "0", ring: str = "1") -> None:
    _slice(organization_id, UUID(run_id), ANSWERING, int(seat), int(ring))


@task("evals.judge")
def judge(organization_id: UUID, run_id: str, seat: str = "0", ring: str = "1") -> None:
    _slice(organization_id, UUID(run_id), JUDGING, int(seat), int(ring))


@task("evals.measure")
def measure(organization_id: UUID, run_id: str, seat: str = "0", ring: str = "1") -> None:
    _slice(organization_id, UUID(run_id), MEASURING, int(seat), int(ring))


@sweeper("evals.ring")
def ring() -> None:
    """Ring again for whatever waits: after a killed worker, a wiped broker or a lost message."""
    for organization_id in every_organization_id():
        with acting(as_machine(organization_id, "coordinator")):
            for run_id, stage in queries.waiting():
                seats.ring(run_id, stage)


def _slice(organization_id: UUID, run_id: UUID, stage: str, seat: int, ring: int) -> None:
    """Work for a while, and ring for what is left: the message goes behind those of everybody else."""
    who, holder = as_machine(organization_id, "worker"), new_id()
    with acting(who):
        EvalRun.objects.get(pk=run_id)
        if not seats.sit(run_id, stage, number=seat, ring=ring, holder=holder):
            return
        if queries.is_worth_sharing(run_id, stage):
            seats.ring(run_id, stage, number=seat + 1)
    with tasking.ending_in_order():
        is_over = coordinate.work(
            who, run_id, seconds=LONGEST_S, stages=(stage,), holder=holder, must_end=_reason_to_end(QUEUES[stage])
        )  # fmt: skip
    if not is_over:
        with acting(who):
            for waiting, left in queries.waiting(run_id):
                seats.ring(waiting, left, number=seat if left == stage else seats.FIRST)


def _reason_to_end(queue: str) -> Callable[[], str | None]:
    """Ends a slice when the worker stops, or when it has had its turn and others wait."""
    begun = time.monotonic()
    looked = begun + SHORTEST_S - LOOK_EVERY_S

    def reason() -> str | None:
        nonlocal looked
        if tasking.is_stopping():
            return "worker_stops"
        if time.monotonic() - looked < LOOK_EVERY_S:
            return None
        looked = time.monotonic()
        return "others_wait" if tasking.queued(queue) else None

    return reason
