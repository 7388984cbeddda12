"""Machine-scale writes: the lease on planting, and what judges said of planted answers. The sealed card names them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from apps.evals import expiry
from apps.labels.execute import Asked, Verdict
from apps.labels.models import PlantedVerdict, Planting

# Planting that killed its worker this often is given up, so that it cannot keep a run from its scorecard.
ATTEMPTS = 4
WORKER_LOST = "worker_lost"


def claim(run_id: UUID) -> int | None:
    """Lease a run's planting by the database's clock; its token, or None while another worker holds it."""
    with transaction.atomic():
        Planting.objects.bulk_create([Planting(run_id=run_id)], ignore_conflicts=True)
        leased = Planting.objects.filter(expiry.free(), run_id=run_id).update(
            token=F("token") + 1, leased_until=Now() + expiry.lease()
        )
        return Planting.objects.get(run_id=run_id).token if leased else None


def is_given_up(token: int) -> bool:
    return token > ATTEMPTS


def keep(run_id: UUID, token: int, asked: Sequence[Asked], verdicts: Sequence[Verdict]) -> None:
    """Store verdicts and give the lease back, its count of lost workers at nought. A repeated write is harmless."""
    with transaction.atomic():
        PlantedVerdict.objects.bulk_create(
            [
                PlantedVerdict(
                    run_id=run_id,
                    evaluator=one.entry.name,
                    place=one.place,
                    case=one.case,
                    value=verdict.outcome.value,
                    reason=verdict.outcome.reason or "",
                    detail=verdict.outcome.detail,
                    judge_cost_usd=verdict.cost_usd,
                )
                for one, verdict in zip(asked, verdicts, strict=True)
            ],
            ignore_conflicts=True,
        )
        Planting.objects.filter(run_id=run_id, token=token).update(token=0, leased_until=None)
