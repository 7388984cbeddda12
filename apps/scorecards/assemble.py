"""From a run's rows to a sealed scorecard value."""

from __future__ import annotations

from collections.abc import Collection

from apps.datasets import queries as datasets
from apps.evals import queries as evals
from apps.evals.models import STUDENT, TEACHER, EvalRun, Generation
from apps.kernel import scorecard
from apps.kernel.evaluators.contract import Outcome
from apps.labels import queries as labels


def card_of(run: EvalRun, *, keys: Collection[str] | None = None) -> scorecard.Scorecard:
    """Assemble the card of a completed run. The same rows give the same digest, whatever their order.

    With ``keys`` only these examples are on it: their part of the card, not one to be sealed.
    """
    rows = [
        scorecard.Row(
            key=key,
            cohort=sides[TEACHER].example.cohort.name,
            teacher=_arm(sides[TEACHER]),
            student=_arm(sides[STUDENT]),
        )
        for key, sides in evals.rows_of(run).items()
        if keys is None or key in keys
    ]
    version = run.dataset_version
    return scorecard.assemble(
        rows,
        cohorts=[
            scorecard.Cohort(name=row.name, high_value=row.is_high_value, weight=row.traffic_weight)
            for row in datasets.cohorts(version)
        ],
        evaluators=[
            scorecard.Evaluator(name=entry["name"], primary=entry["is_primary"]) for entry in run.suite_version.entries
        ],
        weights_source=version.weights_source,
        unpaired=scorecard.Unpaired(
            teacher_only=run.unpaired["teacher_only"],
            student_only=run.unpaired["student_only"],
            neither=run.unpaired["neither"],
        ),
        facts={"plan": run.plan, "plan_digest": run.plan_digest, "unpaired": run.unpaired},
        judges=labels.judges_of(run),
    )


def _arm(generation: Generation) -> scorecard.Arm:
    return scorecard.Arm(
        scores={
            score.evaluator: Outcome(score.value, score.reason or None, score.detail)
            for score in generation.scores.all()
        },
        cost_usd=generation.cost_usd,
        latency_ms=generation.latency_ms,
        fault=generation.fault or None,
    )
