"""Freeze golden rows that a selection run chose."""

from __future__ import annotations

from apps.audit.action import Done, action
from apps.baselines import queries
from apps.baselines.models import Baseline
from apps.datasets import actions as datasets
from apps.datasets import queries as dataset_queries
from apps.evals.models import EvalRun
from apps.kernel import freeze, lifecycle
from apps.kernel.errors import Conflict, Problem
from apps.tenancy.permissions import Permission


@action("baseline.frozen", needs=Permission.EDIT_DATASETS, says="froze {version} from {run}, by the rule {rule}")
def freeze_baseline(run: EvalRun, *, slug: str, recipe: freeze.Recipe) -> Done[Baseline]:
    """Choose rows of a completed selection run and pin them as the next version of a dataset.

    Its weights stay those of the run's dataset, as declared traffic. The new version has no scores: the run that chose
    it is no evidence, and only a fresh one is (statistics.md §4.12). The same recipe again returns what stands.
    Raises Conflict (not_a_selection_run, run_not_completed), RecipeRefused, InvalidInput ``evaluator_unknown``.
    """
    if not run.is_selection:
        raise Conflict(
            f"{run} was started as evidence; rows chosen by its scores could not be told from its verdicts.",
            code="not_a_selection_run",
            fix="Start a selection run over the candidate rows.",
        )
    if run.status != lifecycle.COMPLETED:
        raise Conflict(
            f"{run} is {run.status.lower()}; rows are chosen from a completed run.", code="run_not_completed"
        )
    source = run.dataset_version
    cohorts = list(dataset_queries.cohorts(source))
    weights = {cohort.name: cohort.traffic_weight for cohort in cohorts}
    chosen = freeze.choose(queries.candidates(run, recipe), recipe, weights=weights)
    notes = freeze.notes(chosen, high_value=[cohort.name for cohort in cohorts if cohort.is_high_value])
    version = datasets.freeze_rows(
        source, slug=slug, keys=chosen.keys, notes=[Problem(code, detail, {}) for code, detail in notes]
    )
    standing = queries.of_version(version)
    if standing is not None:
        return Done(standing, standing, changed=False)
    counts = {"taken": dict(chosen.taken), "wanted": dict(chosen.wanted), "left_out": dict(chosen.left_out)}
    row = Baseline.objects.create(dataset_version=version, selection_run=run, recipe=recipe.document(), chosen=counts)
    words = {"version": version, "run": run, "rule": recipe.rule}
    facts = {**{name: str(word) for name, word in words.items()}, "recipe": recipe.document(), "chosen": counts}
    return Done(row, row, facts=facts, words=words)
