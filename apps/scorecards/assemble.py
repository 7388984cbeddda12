"""From a run's rows to a sealed scorecard value."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from apps.datasets import queries as datasets
from apps.evals.models import EvalRun
from apps.kernel import scorecard
from apps.kernel.scorecard.lines import Lines, lines_of
from apps.labels import queries as labels
from apps.scorecards import answers, counted


def card_of(run: EvalRun) -> scorecard.Scorecard:
    """Assemble the card of a completed run. The same rows give the same digest, whatever their order.

    The database counts where each example was answered once; answers that have to be averaged are read row by row.
    """
    lines = counted.lines_of(run) if run.repeats == 1 else lines_of(answers.rows_of(run))
    return _card(run, replace(lines, tokens=answers.tokens_of(run)), judges=labels.judges_of(run))


def part_of(run: EvalRun, keys: Collection[str]) -> scorecard.Scorecard:
    """What these examples alone add to the card of a run, without labels and token lists; not a card to be sealed."""
    return _card(run, lines_of([row for row in answers.rows_of(run) if row.key in keys]), judges=())


def _card(run: EvalRun, lines: Lines, *, judges: Iterable[scorecard.JudgeEvidence]) -> scorecard.Scorecard:
    version = run.dataset_version
    return scorecard.assemble_lines(
        lines,
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
        judges=judges,
    )
