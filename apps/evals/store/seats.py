"""Who may work on a run at the same time, and which of an organization's runs is served next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Now

from apps.evals import expiry
from apps.evals.execute.work import ANSWERING, JUDGING, MEASURING
from apps.evals.models import Batch, EvalRun, Seat
from apps.kernel import lifecycle
from apps.tenancy.store import ask_turn
from apps.tenancy.tasking import enqueue

FIRST = 0
AT_WORK = (lifecycle.PLANNED, lifecycle.RUNNING)
# A message that nobody answered for this long is taken for lost, as when the broker was wiped.
LOST_AFTER_S = 20


def prepare(run: EvalRun, stages: Iterable[str]) -> None:
    Seat.objects.bulk_create(
        Seat(run=run, stage=stage, number=number) for stage in stages for number in range(settings.EVAL_SEATS)
    )


def ring(run_id: UUID, stage: str, *, number: int = FIRST) -> bool:
    """Send for somebody to take the seat, unless it is taken or a message for it is on its way. True if sent.

    What comes of the message is decided when it arrives: it gives the next turn, to whoever's it is by then.
    """
    seat = _free().filter(run_id=run_id, stage=stage, number=number).filter(
        Q(rung=F("served")) | Q(rung_at__lt=Now() - timedelta(seconds=LOST_AFTER_S))
    )  # fmt: skip
    row = seat.select_for_update(of=("self",)).first()
    if row is None:
        return False
    Seat.objects.filter(pk=row.pk).update(rung=row.rung + 1, rung_at=Now())
    ask_turn(row.organization_id, stage)
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


def take(stage: str, *, holder: UUID) -> Seat | None:
    """Sit down at the seat that somebody was sent for whose run was served longest ago; None where none waits."""
    latest = Seat.objects.filter(run=OuterRef("run"), stage=stage).order_by(F("served_at").desc(nulls_last=True))
    waiting = _waiting(stage).annotate(run_served_at=Subquery(latest.values("served_at")[:1]))
    seat = (
        waiting.order_by(F("run_served_at").asc(nulls_first=True), "rung_at", "number")
        .select_for_update(skip_locked=True, of=("self",))
        .first()
    )
    if seat is not None:
        Seat.objects.filter(pk=seat.pk).update(served=F("rung"), served_at=Now(), holder=holder)
    return seat


def has_waiting(stage: str) -> bool:
    return _waiting(stage).exists()


def do_others_wait(run_id: UUID, stages: Iterable[str]) -> bool:
    """Does another of the organization's runs wait for somebody to take a seat?"""
    return _waiting(*stages).exclude(run_id=run_id).exists()


def _waiting(*stages: str) -> QuerySet[Seat]:
    """Seats of runs at work that were rung for and not yet answered, unless their holder still has a lease."""
    return _free().filter(stage__in=stages, rung__gt=F("served"), run__status__in=AT_WORK)


def _free() -> QuerySet[Seat]:
    taken = Batch.objects.filter(
        ~expiry.free(), run_id=OuterRef("run_id"), holder=OuterRef("holder"), is_done=False
    )  # fmt: skip
    return Seat.objects.filter(~Exists(taken))
