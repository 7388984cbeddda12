"""Before money is spent: the rows a policy needs of a dataset, and what a policy would have said so far."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, named
from apps.api.fields import Asked, Kind, Points, shown, versioned
from apps.api.operation import operation
from apps.api.parameters import Parameter
from apps.api.v1.policy_shape import PolicyDocument
from apps.datasets import queries as datasets
from apps.gates import planning, queries
from apps.kernel import policy

POLICY = Parameter("policy", "A saved policy's slug, slug@number or id, or a template's name.", is_required=True)


class CohortPlanShape(serializers.Serializer):
    """What a cohort ("*": all rows) can show under the strictest score rule that asks about it."""

    cohort = shown()
    rows = serializers.IntegerField(read_only=True)
    is_high_value = serializers.BooleanField(source="high_value", read_only=True)
    rule = shown(allow_null=True)
    kind = shown(allow_null=True)
    margin_pp = Points(source="margin")
    best_case_pp = Points(source="best_case", help_text="The smallest loss ruled out if not one row is lost.")
    expected_pp = Points(source="expected", help_text="With 80 % chance at the pilot's disagreement.")
    rows_needed = serializers.IntegerField(read_only=True, allow_null=True)
    rows_missing = serializers.IntegerField(read_only=True)
    has_pilot = serializers.BooleanField(read_only=True)
    usd = serializers.FloatField(read_only=True, allow_null=True, help_text="Of the missing rows, for both models.")
    minutes = serializers.FloatField(read_only=True, allow_null=True)


class PlanShape(serializers.Serializer):
    object = Kind("dataset_plan")
    dataset = versioned(source="version")
    policy = shown(source="policy.name")
    policy_digest = shown(source="policy.digest")
    pilot = serializers.IntegerField(
        source="found.pilot.number", read_only=True, allow_null=True, default=None,
        help_text="The number of the scorecard that disagreement, price and time are from.",
    )  # fmt: skip
    rows_missing = serializers.IntegerField(source="found.rows_missing", read_only=True)
    cohorts = CohortPlanShape(source="found.plans", many=True, read_only=True)


class NewReplay(Asked):
    document = PolicyDocument(help_text="The policy: name, alpha and rules. It is not kept.")


class ReplayedShape(serializers.Serializer):
    """What its gate said of a card then, null if none was asked, and what the policy says of it now."""

    id = shown(source="scorecard.public_id")
    number = serializers.IntegerField(source="scorecard.number", read_only=True)
    then = shown(allow_null=True)
    now = shown()


class ReplayShape(serializers.Serializer):
    object = Kind("gate_replay")
    policy = shown(source="policy.name")
    policy_digest = shown(source="policy.digest")
    scorecards = ReplayedShape(source="found", many=True, read_only=True)


class DatasetPlan(Endpoint):
    tag = "datasets"

    @operation(
        "dataset_plan_read", "How many rows a policy needs of each cohort, and what the missing ones cost",
        answers=PlanShape, parameters=(POLICY,),
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        version = datasets.version(call.project, call.ref)
        asked = named("policy", queries.policy_named, call.project, call.parameters["policy"], part="parameter")
        return {"version": version, "policy": asked, "found": planning.plan_for(version, asked)}


class GateReplays(Endpoint):
    tag = "gates"

    @operation(
        "gate_replays_create", f"Ask a policy about the newest {planning.REPLAYED} scorecards; nothing is kept",
        answers=ReplayShape, asks=NewReplay,
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        asked = policy.parse(call.asked["document"])
        return {"policy": asked, "found": planning.replay(call.project, asked)}
