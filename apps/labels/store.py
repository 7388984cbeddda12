"""Machine-scale writes: the lease on checking judges, its part of the budget, and what judges said.

The sealed card names them.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.evals import expiry
from apps.evals.models import EvalRun
from apps.evals.store import purse
from apps.evals.store.rows import Money
from apps.kernel.text import storable
from apps.labels.execute import Asked, Verdict
from apps.labels.models import AnchorVerdict, PlantedVerdict, Planting

# A check that killed its worker this often is given up, so that it cannot keep a run from its scorecard.
ATTEMPTS = 4
WORKER_LOST = "worker_lost"
NOTHING = purse.NOTHING


def claim(run_id: UUID) -> int | None:
    """Lease the checks of a run by the database's clock; the token, or None while another worker holds them.

    What a lost worker had reserved may have been spent, and counts as spent.
    """
    with transaction.atomic():
        Planting.objects.bulk_create([Planting(run_id=run_id)], ignore_conflicts=True)
        row = Planting.objects.filter(expiry.free(), run_id=run_id).select_for_update(no_key=True, of=("self",)).first()
        if row is None:
            return None
        purse.settle(run_id, Money(freed=row.reserved_usd, spent=row.reserved_usd, reserved=NOTHING))
        until = Now() + expiry.lease()
        Planting.objects.filter(pk=row.pk).update(token=F("token") + 1, leased_until=until, reserved_usd=NOTHING)
        return row.token + 1


def is_given_up(token: int) -> bool:
    return token > ATTEMPTS


def reserve(run_id: UUID, wanted: Sequence[Decimal | None]) -> tuple[int, Decimal | None]:
    """Take the money for as many askings as fit, in their order, from the run's budget: how many, and how much.

    To be called in the transaction of ``claim``. Everything fits a run without a budget, and None is reserved.
    """
    if not EvalRun.objects.filter(pk=run_id, budget_usd__isnull=False).exists():
        return len(wanted), None
    fitting = purse.room(run_id, wanted, is_check=True).fitting
    reserved = sum((worst or NOTHING for worst in wanted[:fitting]), NOTHING)
    purse.settle(run_id, Money(freed=NOTHING, spent=NOTHING, reserved=reserved))
    Planting.objects.filter(run_id=run_id).update(reserved_usd=reserved)
    return fitting, reserved


def keep(
    run_id: UUID, token: int, asked: Sequence[Asked], verdicts: Sequence[Verdict], *, spent_usd: Decimal = NOTHING
) -> None:
    """Store verdicts, settle what they cost, and give the lease back, its count of lost workers at nought.

    A repeated write is harmless. A late worker's verdicts are kept where nobody else's stand; its money was counted as
    spent when the lease was taken over.
    """
    planted = [pair for pair in zip(asked, verdicts, strict=True) if pair[0].anchor_set_id is None]
    again = [pair for pair in zip(asked, verdicts, strict=True) if pair[0].anchor_set_id is not None]
    with transaction.atomic():
        PlantedVerdict.objects.bulk_create(
            [PlantedVerdict(case=one.case, asking=one.asking, **_said(run_id, one, found)) for one, found in planted],
            ignore_conflicts=True,
        )
        AnchorVerdict.objects.bulk_create(
            [AnchorVerdict(anchor_set_id=one.anchor_set_id, **_said(run_id, one, found)) for one, found in again],
            ignore_conflicts=True,
        )
        row = Planting.objects.filter(run_id=run_id, token=token).select_for_update(no_key=True, of=("self",)).first()
        if row is not None:
            purse.settle(run_id, Money(freed=row.reserved_usd, spent=spent_usd, reserved=NOTHING))
            Planting.objects.filter(pk=row.pk).update(token=0, leased_until=None, reserved_usd=NOTHING)


def _said(run_id: UUID, one: Asked, found: Verdict) -> dict[str, object]:
    return {
        "run_id": run_id,
        "evaluator": one.entry.name,
        "place": one.place,
        "value": found.outcome.value,
        "reason": found.outcome.reason or "",
        "detail": found.outcome.detail,
        "judge_cost_usd": found.cost_usd,
        "told": storable(found.told),
    }
