"""Batches handed out with a lease and a fencing token, taken over from the dead, and given back in good order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from apps.evals import expiry
from apps.evals.execute.work import WORKER_LOST, Lease
from apps.evals.models import ANSWERING, JUDGING, MEASURING, Attempt, Batch, EvalRun
from apps.evals.store import purse
from apps.kernel import plan


def claim(
    run_id: UUID, *, holder: UUID, stages: Sequence[str] = (ANSWERING, JUDGING, MEASURING), is_busy: bool = False
) -> Batch | None:
    """Lease the next open batch by the database's clock, or None. A lease that ran out is handed out again.

    What a worker died with waits behind all that nobody died with: workers seldom die alone, and rows that are taken
    up while others still die are suspected for nothing; of those the least often leased come first. Whoever is busy
    with other rows gets none that needs care.
    """
    with transaction.atomic():
        wanted = _claimable(run_id).filter(stage__in=stages)
        if is_busy:
            wanted = wanted.filter(needs_care=False)
        batch = _first(wanted.filter(leased_until__isnull=True, losses={})) or _first(wanted, "token")
        if batch is None:
            return None
        if batch.token:
            _take_over(batch)
        batch.token += 1
        batch.trying = None
        Batch.objects.filter(pk=batch.pk).update(
            token=batch.token, holder=holder, leased_until=_until(), losses=batch.losses,
            lost_with=batch.lost_with, needs_care=batch.needs_care, trying=None,
        )  # fmt: skip
        return batch


def has_open_batches(run_id: UUID) -> bool:
    return Batch.objects.filter(run_id=run_id, is_done=False).exists()


def standing(run_id: UUID, leases: Collection[Lease]) -> tuple[set[Lease], str]:
    """Those of these leases that still hold, and the run's status.

    They are locked until the transaction ends: nobody takes them over meanwhile.
    """
    if leases:
        rows = Batch.objects.filter(pk__in=[lease.batch_id for lease in leases], is_done=False).order_by("pk")
        locked = rows.select_for_update(no_key=True, of=("self",)).values_list("pk", "token", "run__status")
        found = {Lease(batch_id, token): status for batch_id, token, status in locked}
        if found:
            return set(found) & set(leases), next(iter(found.values()))
    return set(), str(EvalRun.objects.values_list("status", flat=True).get(pk=run_id))


def renew(leases: Collection[Lease]) -> None:
    Batch.objects.filter(pk__in=[lease.batch_id for lease in leases]).update(leased_until=_until())


def try_alone(lease: Lease, example_id: str | None) -> None:
    """Note which example is worked on alone, before it is; None: the others may join again."""
    changes = {"trying": example_id} if example_id else {"trying": None, "needs_care": False}
    Batch.objects.filter(pk=lease.batch_id, token=lease.token).update(**changes)


def finish(leases: Collection[Lease]) -> None:
    """Close these batches and make what waits for the answers of their positions ready."""
    if not leases:
        return
    done = Batch.objects.filter(pk__in=[lease.batch_id for lease in leases])
    done.update(is_done=True, leased_until=None, holder=None)
    answered = done.filter(run_id=OuterRef("run_id"), position=OuterRef("position"), stage=ANSWERING)
    runs = done.values("run_id")
    later = Batch.objects.filter(Exists(answered), run_id__in=runs, is_ready=False)
    later.filter(stage__in=[JUDGING, MEASURING]).update(is_ready=True)


def release(leases: Collection[Lease]) -> None:
    """Give leases back at once, for a worker that stops in good order."""
    for lease in leases:
        Batch.objects.filter(pk=lease.batch_id, token=lease.token, is_done=False).update(
            leased_until=None, holder=None, trying=None
        )


def _take_over(batch: Batch) -> None:
    """Whoever held this batch is gone: what he had open may have been billed, and is suspect of having killed him."""
    left = Attempt.objects.filter(batch=batch, ended_at__isnull=True)
    suspects = {str(example_id) for example_id in left.values_list("example_id", flat=True)}
    purse.lose(batch.run_id, left)
    left.update(ended_at=Now(), outcome=WORKER_LOST, cost_usd=0, unconfirmed_usd=F("worst_usd"))
    if batch.leased_until is None:
        return
    if batch.trying is not None:
        suspects = {str(batch.trying)}
    batch.lost_with = [*batch.lost_with, str(batch.holder)]
    others = Batch.objects.filter(run_id=batch.run_id).exclude(lost_with=[]).values_list("lost_with", flat=True)
    deaths = len({*batch.lost_with, *chain.from_iterable(others)})
    batch.losses = plan.after_loss(batch.losses, suspects or batch.example_ids, deaths=deaths)
    batch.needs_care = bool(plan.care(batch.losses).alone)


def _first(wanted: QuerySet[Batch], *before: str) -> Batch | None:
    return wanted.order_by("stage", *before, "position").select_for_update(skip_locked=True, of=("self",)).first()


def _claimable(run_id: UUID) -> QuerySet[Batch]:
    return Batch.objects.filter(expiry.free(), run_id=run_id, is_done=False, is_ready=True)


def _until() -> object:
    return Now() + expiry.lease()
