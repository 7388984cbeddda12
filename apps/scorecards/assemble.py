"""From a run's rows to a sealed scorecard value."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from apps.datasets import queries as datasets
from apps.evals.models import EvalRun
from apps.kernel import scorecard
from apps.kernel.scorecard.lines import lines_of
from apps.labels import queries as labels
from apps.scorecards import answers, counted


def card_of(run: EvalRun, *, keys: Collection[str] | None = None) -> scorecard.Scorecard:
    """Assemble the card of a completed run. The same rows give the same digest, whatever their order.

    The database counts where each example was answered once; answers that have to be averaged are read row by row.
    With ``keys`` only these examples are on it, without labels: their part of the card, not one to be sealed.
    """
    lines = counted.lines_of(run, keys) if run.repeats == 1 else lines_of(answers.rows_of(run, keys))
    if run.teacher.is_recorded:
        # The same recorded output again is no second answer: it tells nothing of how far a teacher differs from itself.
        repeats = {place: replace(found, teacher_scores=()) for place, found in lines.repeats.items()}
        lines = replace(lines, repeats=repeats)
    version = run.dataset_version
    return scorecard.assemble_lines(
        replace(lines, tokens=answers.tokens_of(run, keys), texts=answers.texts_of(run, keys)),
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
        judges=labels.judges_of(run) if keys is None else (),
    )
