"""Golden rows frozen from a selection run."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made
from apps.api.fields import Asked, Kind, Slug, Text, Whole, identifier, shown, versioned
from apps.api.operation import needs, operation
from apps.baselines import actions, queries
from apps.evals import queries as evals
from apps.gates import planning
from apps.gates import queries as gates
from apps.kernel.freeze import RULES, Recipe


class NewBaseline(Asked):
    dataset = Slug(help_text="The dataset whose next version the rows become.")
    rows = Whole(help_text="How many, shared out over the cohorts by traffic; 200 to 500 are usual.")
    rule = serializers.ChoiceField(
        choices=RULES, default="all", help_text="all keeps the teacher's failures, which is recommended."
    )
    evaluator = Text(required=False, help_text="For teacher_passes: the evaluator that the teacher must pass.")
    oversample_for = Text(
        required=False, help_text="A policy: each high-value cohort gets as many rows as it needs under it."
    )
    seed = Text(required=False, default="1", max_length=64)


class BaselineShape(serializers.Serializer):
    """Rows chosen by a selection run and pinned. That run is no evidence about them: start a fresh one."""

    object = Kind("baseline")
    id = identifier()
    dataset = versioned(source="dataset_version")
    dataset_digest = shown(source="dataset_version.digest")
    selection_run = shown(source="selection_run.public_id")
    recipe = serializers.DictField(read_only=True)
    chosen = serializers.DictField(read_only=True, help_text="By cohort: rows taken, wanted, and left out by the rule.")
    created_at = serializers.DateTimeField(read_only=True)


class Baselines(Endpoint):
    tag = "runs"

    @operation(
        "run_baselines_list", "List the dataset versions that were frozen from a selection run, newest first",
        answers=BaselineShape, is_list=True,
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        return queries.of_run(evals.run(call.project, call.ref))

    @operation(
        "run_baselines_create", "Freeze golden rows from a completed selection run, pinned at once",
        answers=BaselineShape, asks=NewBaseline, status=201, guard=needs(actions.freeze_baseline),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        run, asked = evals.run(call.project, call.ref), dict(call.asked)
        slug, policy = asked.pop("dataset"), asked.pop("oversample_for", None)
        if policy is not None:
            asked_for = gates.policy_named(call.project, policy)
            asked["at_least"] = planning.high_value_rows(run.dataset_version, asked_for)
        baseline = actions.freeze_baseline(run, slug=slug, recipe=Recipe(**asked))
        return Made(baseline, call.address("datasets", str(baseline.dataset_version)))
