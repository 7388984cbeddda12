"""How far a run has come, told from its rows: answers, verdicts, money, errors and the time that is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Now

from apps.evals.models import STUDENT, TEACHER, Attempt, Batch, EvalRun, Generation, Likelihood, Score
from apps.kernel import estimate, lifecycle

RECENT_S = 20
NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of a run; None where something cannot be told yet.

    ``spend_usd`` is at list price, reused and recorded answers included, as on the scorecard. ``certain_usd`` is what
    this run's own calls cost for certain; ``unconfirmed_usd`` what calls may have cost beyond that at their worst:
    those on their way, of killed workers, and whose answer never came whole. ``stages`` holds done and all batches
    by stage. ``faults`` counts missing answers by code, ``judge_faults`` missing verdicts. ``planted_usd`` is what
    judges cost for planted answers, in none of the other sums and in no budget; only apps/labels/spent.py can tell it.
    """

    status: str
    examples: int
    answered: int
    planned_answers: int
    scored: int
    missing: int
    faults: dict[str, int]
    spend_usd: Decimal
    unpriced_answers: int
    projected_usd: Decimal | None
    seconds_left: float | None
    examples_per_second: float | None
    seconds_left_range: tuple[float, float] | None = None
    certain_usd: Decimal = NOTHING
    unconfirmed_usd: Decimal = NOTHING
    budget_usd: Decimal | None = None
    paused_because: str = ""
    calls: int = 0
    calls_open: int = 0
    reused: int = 0
    roles: dict[str, int] | None = None
    stages: dict[str, tuple[int, int]] | None = None
    judge_faults: dict[str, int] | None = None
    planted_usd: Decimal | None = None

    @property
    def share_done(self) -> float:
        return self.answered / self.planned_answers if self.planned_answers else 0.0

    @property
    def is_final(self) -> bool:
        return lifecycle.is_final("evals.evalrun", self.status)


def progress(run: EvalRun) -> Progress:
    """Four grouped queries, whatever the run's size; one more where it measures a divergence."""
    totals, scores = _answers(run), _scores(run)
    calls = Attempt.objects.filter(run=run).aggregate(
        calls=Count("id"),
        open=Count("id", filter=Q(ended_at__isnull=True)),
        certain=Sum("cost_usd"),
        unconfirmed=Sum("unconfirmed_usd"),
        pending=Sum("worst_usd", filter=Q(ended_at__isnull=True)),
    )
    planned, answered = 2 * run.repeats * run.example_count, totals["answered"]
    spend = totals["spend"] + scores["judged"] + _measured(run)
    overall, recent = _rates(run, totals)
    left = None if lifecycle.is_final("evals.evalrun", run.status) else planned - answered
    span = None if left is None else estimate.seconds_left(left, [overall, recent])
    return Progress(
        status=run.status,
        examples=run.example_count,
        answered=answered,
        planned_answers=planned,
        scored=scores["scored"],
        missing=scores["missing"],
        faults=totals["faults"],
        spend_usd=spend,
        unpriced_answers=totals["unpriced"],
        projected_usd=spend * planned / answered if answered else None,
        seconds_left=None if left is None or not overall else left / overall,
        examples_per_second=overall and overall / (2 * run.repeats),
        seconds_left_range=span,
        certain_usd=calls["certain"] or NOTHING,
        unconfirmed_usd=(calls["unconfirmed"] or NOTHING) + (calls["pending"] or NOTHING),
        budget_usd=run.budget_usd,
        paused_because=run.paused_because,
        calls=calls["calls"],
        calls_open=calls["open"],
        reused=totals["reused"],
        roles={TEACHER: totals["by_teacher"], STUDENT: totals["by_student"]},
        stages=_stages(run),
        judge_faults=scores["by_reason"],
    )


def _answers(run: EvalRun) -> dict:
    """Sums over all answers, of rows that the database has grouped by fault."""
    rows = list(
        Generation.objects.filter(run=run)
        .values("fault")
        .order_by("fault")
        .annotate(
            answered=Count("id"),
            by_teacher=Count("id", filter=Q(role=TEACHER)),
            by_student=Count("id", filter=Q(role=STUDENT)),
            spend=Sum("cost_usd", default=NOTHING),
            unpriced=Count("id", filter=Q(cost_usd__isnull=True, fault="")),
            reused=Count("id", filter=Q(reused_from__isnull=False)),
            latest=Max("created_at"),
            recent=Count("id", filter=Q(created_at__gt=Now() - timedelta(seconds=RECENT_S))),
        )
    )
    summed = ("answered", "by_teacher", "by_student", "unpriced", "reused", "recent")
    return {
        **{name: sum(row[name] for row in rows) for name in summed},
        "spend": sum((row["spend"] for row in rows), NOTHING),
        "latest": max((row["latest"] for row in rows), default=None),
        "faults": {row["fault"]: row["answered"] for row in rows if row["fault"]},
    }


def _scores(run: EvalRun) -> dict:
    """Likewise by reason. A score whose answer is missing counts as missing, and not once more by its reason."""
    rows = list(
        Score.objects.filter(generation__run=run)
        .values_list("generation__fault", "reason")
        .order_by("reason", "generation__fault")
        .annotate(
            scored=Count("id"), missing=Count("id", filter=Q(value=None)), judged=Sum("judge_cost_usd", default=NOTHING)
        )
    )
    return {
        "scored": sum(scored for _, _, scored, _, _ in rows),
        "missing": sum(missing for _, _, _, missing, _ in rows),
        "judged": sum((judged for _, _, _, _, judged in rows), NOTHING),
        "by_reason": {reason: missing for fault, reason, _, missing, _ in rows if missing and not fault},
    }


def _measured(run: EvalRun) -> Decimal:
    """What the student cost for reading the teacher's answers."""
    if not run.divergence:
        return NOTHING
    rows = Likelihood.objects.filter(generation__run=run)
    return Decimal(rows.aggregate(cost=Sum("cost_usd", default=NOTHING))["cost"])


def _rates(run: EvalRun, totals: dict) -> tuple[float | None, float | None]:
    """Answers a second since the start, and of late."""
    seconds = (totals["latest"] - run.created_at).total_seconds() if totals["latest"] else 0.0
    overall = totals["answered"] / seconds if seconds > 0 else None
    return overall, totals["recent"] / RECENT_S if seconds > RECENT_S else None


def _stages(run: EvalRun) -> dict[str, tuple[int, int]]:
    batches = Batch.objects.filter(run=run).order_by("stage").values_list("stage")
    counts = batches.annotate(done=Count("id", filter=Q(is_done=True)), all=Count("id"))
    return {stage: (done, count) for stage, done, count in counts}
