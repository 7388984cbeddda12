"""Who may work on a run at the same time, and which messages still mean something."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from apps.evals import expiry
from apps.evals.execute.work import ANSWERING, JUDGING, MEASURING
from apps.evals.models import Batch, EvalRun, Seat
from apps.tenancy.tasking import enqueue

FIRST = 0
# A message that nobody answered for this long is taken for lost, as when the broker was wiped.
LOST_AFTER_S = 20


def prepare(run: EvalRun, stages: Iterable[str]) -> None:
    Seat.objects.bulk_create(
        Seat(run=run, stage=stage, number=number) for stage in stages for number in range(settings.EVAL_SEATS)
    )


def ring(run_id: UUID, stage: str, *, number: int = FIRST) -> bool:
    """Send for somebody to take the seat, unless it is taken or a message for it is on its way. True if sent."""
    seat = _free(run_id).filter(stage=stage, number=number).filter(
        Q(rung=F("served")) | Q(rung_at__lt=Now() - timedelta(seconds=LOST_AFTER_S))
    )  # fmt: skip
    row = seat.select_for_update(of=("self",)).first()
    if row is None:
        return False
    Seat.objects.filter(pk=row.pk).update(rung=row.rung + 1, rung_at=Now())
    if stage == JUDGING:
        enqueue("evals.judge", row.organization_id, run_id, number, row.rung + 1)
    elif stage == MEASURING:
        enqueue("evals.measure", row.organization_id, run_id, number, row.rung + 1)
    else:
        enqueue("evals.work", row.organization_id, run_id, number, row.rung + 1)
    return True


def ring_all(run: EvalRun) -> None:
    """Ring for the first seat of each stage that has work."""
    for stage in (ANSWERING, JUDGING, MEASURING):
        ring(run.id, stage)


def sit(run_id: UUID, stage: str, *, number: int, ring: int, holder: UUID) -> bool:
    """Take the seat that a message names; False for one that was answered already, or while the seat is taken."""
    row = _free(run_id).filter(stage=stage, number=number, served__lt=ring).select_for_update(of=("self",)).first()
    if row is None:
        return False
    Seat.objects.filter(pk=row.pk).update(served=F("rung"), holder=holder)
    return True


def _free(run_id: UUID) -> QuerySet[Seat]:
    taken = Batch.objects.filter(
        ~expiry.free(), run_id=OuterRef("run_id"), holder=OuterRef("holder"), is_done=False
    )  # fmt: skip
    return Seat.objects.filter(~Exists(taken), run_id=run_id)
