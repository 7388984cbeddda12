"""Machine-scale writes of a run: lease a batch, load it whole, keep its results. Not audited row by row;

the run's sealed scorecard is, by digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from apps.evals.execute import Answered, Work
from apps.evals.models import Batch, EvalRun, Generation, Score

# A batch that killed its worker this often is given up, so that one poison example cannot stop a run.
ATTEMPTS = 4
WORKER_LOST = "worker_lost"


def claim(run_id: UUID) -> Batch | None:
    """Lease the next open batch by the database's clock, or None. A lease that ran out is handed out again."""
    with transaction.atomic():
        batch = _claimable(run_id).order_by("position").select_for_update(skip_locked=True, of=("self",)).first()
        if batch is None:
            return None
        Batch.objects.filter(pk=batch.pk).update(
            token=F("token") + 1, leased_until=Now() + timedelta(seconds=settings.EVAL_LEASE_SECONDS)
        )
        batch.refresh_from_db()
        return batch


def is_claimable(run_id: UUID) -> bool:
    return _claimable(run_id).exists()


def has_open_batches(run_id: UUID) -> bool:
    return Batch.objects.filter(run_id=run_id, is_done=False).exists()


def keep(work: Work, answered: Sequence[Answered]) -> bool:
    """Store a batch's results and close it, in one transaction. False when the lease was lost: nothing is stored.

    The token fences a late worker out; the unique keys make a repeated write harmless even so.
    """
    with transaction.atomic():
        run = EvalRun.objects.get(pk=work.run_id)
        if not Batch.objects.filter(pk=work.batch_id, token=work.token, is_done=False).update(is_done=True):
            return False
        Generation.objects.bulk_create([_generation(run, item) for item in answered], ignore_conflicts=True)
        stored = Generation.objects.filter(run=run, example_id__in={item.example_id for item in answered})
        ids = {(str(example_id), role): pk for pk, example_id, role in stored.values_list("id", "example_id", "role")}
        Score.objects.bulk_create(
            [
                Score(
                    generation_id=ids[item.example_id, item.role],
                    evaluator=scored.evaluator,
                    value=scored.outcome.value,
                    reason=scored.outcome.reason or "",
                    detail=scored.outcome.detail.replace("\x00", "\u2400"),
                    judge_cost_usd=scored.judge_cost_usd,
                )
                for item in answered
                for scored in item.scores
            ],
            ignore_conflicts=True,
        )
    return True


def release(work: Work) -> None:
    """Give a lease back at once, for a worker that stops in good order."""
    Batch.objects.filter(pk=work.batch_id, token=work.token, is_done=False).update(leased_until=None)


def is_given_up(batch: Batch) -> bool:
    return batch.token > ATTEMPTS


def _claimable(run_id: UUID) -> QuerySet[Batch]:
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
    return Batch.objects.filter(free, run_id=run_id, is_done=False)


def _generation(run: EvalRun, item: Answered) -> Generation:
    return Generation(
        run=run,
        example_id=item.example_id,
        role=item.role,
        # Postgres text holds no NUL; its visible sign stands in, and lengths stay the same.
        output=None if item.output is None else item.output.replace("\x00", "\u2400"),
        finish_reason=item.finish_reason[:40],
        fault=item.fault,
        input_tokens=item.usage.input_tokens if item.usage else None,
        output_tokens=item.usage.output_tokens if item.usage else None,
        usage_estimated=bool(item.usage and item.usage.estimated),
        latency_ms=item.latency_ms,
        cost_usd=item.cost_usd,
        answered_by=item.answered_by[:200],
    )
