"""Where a frozen dataset version comes from."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.baselines.models import Baseline
from apps.datasets.models import DatasetVersion
from apps.evals import queries as evals
from apps.evals.models import TEACHER, EvalRun
from apps.kernel.errors import InvalidInput
from apps.kernel.freeze import Candidate, Recipe
from apps.kernel.scorecard.repeats import mean_of
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission

PASSES_FROM = 0.5
"""A graded score at or above this counts as passed, as in most judges' rubrics; a score of 1 always does."""


def of_version(version: DatasetVersion) -> Baseline | None:
    """The freeze that made a version, None for one that was imported."""
    require(Permission.VIEW)
    found = Baseline.objects.filter(dataset_version=version)
    return found.select_related("selection_run", "dataset_version__dataset").first()


def of_run(run: EvalRun) -> QuerySet[Baseline]:
    """What was frozen from a selection run, newest first."""
    require(Permission.VIEW)
    return Baseline.objects.filter(selection_run=run).select_related("dataset_version__dataset").order_by("-created_at")


def candidates(run: EvalRun, recipe: Recipe) -> list[Candidate]:
    """Every row of a run, with whether its teacher passed the recipe's evaluator, by the mean over its repeats.

    Raises InvalidInput ``evaluator_unknown`` for one that the suite does not have.
    """
    names = [entry["name"] for entry in run.suite_version.entries]
    if recipe.evaluator is not None and recipe.evaluator not in names:
        raise InvalidInput(
            f"The suite of {run} has no evaluator '{recipe.evaluator[:80]}'; it has {', '.join(names)[:120]}.",
            code="evaluator_unknown",
            where={"field": "evaluator"},
        )
    cohorts: dict[str, str] = {}
    scores: dict[str, list[float | None]] = {}
    for answer in evals.answers(run).filter(role=TEACHER):
        key = answer.example.key
        cohorts[key] = answer.example.cohort.name
        found = [score.value for score in answer.scores.all() if score.evaluator == recipe.evaluator]
        scores.setdefault(key, []).extend(found)
    return [Candidate(key, cohort, _passes(scores[key])) for key, cohort in cohorts.items()]


def _passes(scores: list[float | None]) -> bool | None:
    mean = mean_of(scores)
    return None if mean is None else mean >= PASSES_FROM
