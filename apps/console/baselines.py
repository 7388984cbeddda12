"""Freezing golden rows from a selection run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse

from apps.baselines import actions, queries
from apps.console import figures, row_plan
from apps.console.base import FORM, Here, page, tried
from apps.console.forms import Reference, SlugField
from apps.evals import queries as evals
from apps.gates import planning
from apps.kernel.errors import DistillHubError
from apps.kernel.freeze import Recipe
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.baselines.models import Baseline
    from apps.datasets.models import DatasetVersion
    from apps.evals.models import EvalRun

USUAL_ROWS = 300
RULES = (
    ("all", "Keep the teacher's failures too (recommended)"),
    ("teacher_passes", "Only rows that the teacher passes"),
)


class NewBaseline(forms.Form):
    dataset = SlugField(help_text="The rows become the next version of this dataset, pinned at once.")
    rows = forms.IntegerField(
        initial=USUAL_ROWS, help_text="Shared out over the cohorts by traffic; 200 to 500 are usual."
    )
    rule = forms.ChoiceField(
        choices=RULES,
        widget=forms.RadioSelect,
        initial="all",
        help_text="Without the failures a student cannot win a row, and half of what can be learnt is gone.",
    )
    evaluator = Reference(
        required=False, none="none", help_text="What the teacher must pass, for the second choice only."
    )
    oversample_for = Reference(
        label="Draw high-value cohorts on top, for",
        required=False,
        none="no policy",
        help_text="Each gets as many rows as it needs under the policy. Weights stay those of traffic.",
    )
    seed = forms.CharField(max_length=64, initial="1", help_text="The same seed draws the same rows again.")

    def offer(self, here: Here, run: EvalRun) -> None:
        self.fields["dataset"].initial = f"{run.dataset_version.dataset}-golden"[:60]
        self.fields["evaluator"].offer((entry["name"], entry["name"]) for entry in run.suite_version.entries)
        self.fields["oversample_for"].offer((name, name) for name in row_plan.offered(here))


@page("runs", needs=Permission.EDIT_DATASETS, methods=FORM)
def baseline_new(here: Here, number: str) -> HttpResponse:
    run = evals.run(here.inside, number)
    form = NewBaseline(here.request.POST or None)
    form.offer(here, run)
    error = None
    if here.request.method == "POST" and form.is_valid():
        made = tried(lambda: _freeze(here, run, form.cleaned_data))
        if not isinstance(made, DistillHubError):
            version = made.dataset_version
            said = f"{figures.plural(version.example_count, 'row')} stand pinned as {version}. Now start a fresh run."
            return here.redirect("dataset", str(version), say=said)
        error = made
    facts = SimpleNamespace(number=run.number, dataset=str(run.dataset_version), examples=run.example_count)
    context = {"form": form, "run": facts, "error": error}
    return here.render("console/evals/freeze.html", context, leaf=f"#{run.number}: freeze rows")


def origin(version: DatasetVersion) -> SimpleNamespace | None:
    """How a frozen version was chosen, in words; None for an imported one."""
    found = queries.of_version(version)
    if found is None:
        return None
    recipe = found.recipe
    rule = dict(RULES)[recipe["rule"]].removesuffix(" (recommended)")
    return SimpleNamespace(
        run=found.selection_run.number,
        rule=f"{rule}: {recipe['evaluator']}" if recipe["evaluator"] else rule,
        seed=recipe["seed"],
    )


def frozen_from(run: EvalRun) -> list[str]:
    """The dataset versions that were frozen from a run, newest first."""
    return [str(baseline.dataset_version) for baseline in queries.of_run(run)]


def _freeze(here: Here, run: EvalRun, asked: dict[str, Any]) -> Baseline:
    recipe = {name: asked[name] for name in ("rows", "rule", "seed")}
    policy = row_plan.offered(here).get(asked["oversample_for"])
    if policy is not None:
        recipe["at_least"] = planning.high_value_rows(run.dataset_version, policy)
    made = Recipe(**recipe, evaluator=asked["evaluator"] or None)
    return actions.freeze_baseline(run, slug=asked["dataset"], recipe=made)
