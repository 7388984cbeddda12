"""Gate policies by version, and the verdicts they give."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made, named
from apps.api.fields import Asked, Kind, Slug, Text, identifier, shown, versioned
from apps.api.operation import needs, operation
from apps.api.v1.policy_shape import PolicyDocument
from apps.api.v1.report_shapes import ReportShape
from apps.gates import actions, queries
from apps.scorecards import queries as scorecards


class NewGate(Asked):
    slug = Slug()
    document = PolicyDocument(help_text="The policy: name, alpha and rules.")


class GateShape(serializers.Serializer):
    """A version of a gate policy."""

    object = Kind("gate_policy_version")
    id = identifier()
    ref = versioned()
    slug = shown(source="policy.slug")
    number = serializers.IntegerField(read_only=True)
    document = serializers.DictField(read_only=True)
    digest = shown()
    warnings = serializers.SerializerMethodField(help_text="nothing_must_be_shown: such a policy never passes.")
    created_at = serializers.DateTimeField(read_only=True)

    def get_warnings(self, version: Any) -> list[str]:
        return list(queries.policy_value(version).warnings)


class NewEvaluation(Asked):
    scorecard = Text(help_text="A scorecard's id or number, as text.")


class EvaluationShape(serializers.Serializer):
    """A verdict of a policy version on a scorecard."""

    object = Kind("gate_evaluation")
    id = identifier()
    gate = versioned(source="policy_version")
    scorecard = shown(source="scorecard.public_id")
    verdict = shown()
    digest = shown()
    created_at = serializers.DateTimeField(read_only=True)


class EvaluationDetailShape(EvaluationShape):
    """A verdict with the report it stands on."""

    report = ReportShape()


class Gates(Endpoint):
    tag = "gates"

    @operation("gates_list", "List policy versions, newest first", answers=GateShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.policy_versions(call.project)

    @operation(
        "gates_create", "Keep a policy as its next version",
        answers=GateShape, asks=NewGate, status=201, guard=needs(actions.save_policy),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        version = actions.save_policy(call.project, slug=call.asked["slug"], document=call.asked["document"])
        return Made(version, call.address("gates", str(version)))


class Gate(Endpoint):
    tag = "gates"

    @operation("gates_read", "Read a policy by slug, slug@number or id", answers=GateShape)
    def get(self, call: Call) -> Any:
        return queries.policy_version(call.project, call.ref)


class Evaluations(Endpoint):
    tag = "gates"

    @operation(
        "gate_evaluations_list", "List the verdicts of a policy version, newest first",
        answers=EvaluationShape, is_list=True,
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        version = queries.policy_version(call.project, call.ref)
        return queries.decisions(call.project).filter(policy_version=version)

    @operation(
        "gate_evaluations_create", "Ask a policy about a scorecard; the same question has the same answer",
        answers=EvaluationDetailShape, asks=NewEvaluation, status=201, is_raw=True, guard=needs(actions.decide),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        version = queries.policy_version(call.project, call.ref)
        card = named("scorecard", scorecards.scorecard, call.project, call.asked["scorecard"])
        verdict = actions.decide(card, version=version)
        shape = {**EvaluationShape(verdict).data, "report": queries.report_of(card, verdict)}
        return Made(shape, call.address("gates", str(version), "evaluations"))
