"""Decisions of people, with the proof behind each. A key reads them; it never decides."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made, named
from apps.api.fields import Asked, Kind, Text, identifier, shown, versioned
from apps.api.operation import operation
from apps.decisions import actions, queries
from apps.gates import queries as gates
from apps.kernel.errors import Conflict
from apps.scorecards import queries as scorecards


class NewDecision(Asked):
    scorecard = Text(help_text="The scorecard whose newest verdict is decided on: id or number, as text.")
    kind = Text(max_length=40, help_text="promote, hold, reject or override.")
    reason = Text(max_length=10_000)
    reference = Text(max_length=500, required=False, default="", allow_blank=True)


class ApprovalShape(serializers.Serializer):
    approved_by = shown(source="approved_by.email")
    reason = shown()
    digest = shown()
    signature = shown()
    key_id = shown()
    created_at = serializers.DateTimeField(read_only=True)


class DecisionShape(serializers.Serializer):
    object = Kind("decision")
    id = identifier()
    number = serializers.IntegerField(read_only=True)
    kind = shown()
    is_in_force = serializers.SerializerMethodField(help_text="False for an override nobody has approved yet.")
    decided_by = shown(source="decided_by.email")
    reason = shown()
    reference = shown()
    scorecard = shown(source="gate_decision.scorecard.public_id")
    gate = versioned(source="gate_decision.policy_version")
    verdict = shown(source="gate_decision.verdict")
    approvals = ApprovalShape(many=True, read_only=True)
    digest = shown()
    signature = shown()
    key_id = shown()
    created_at = serializers.DateTimeField(read_only=True)

    def get_is_in_force(self, decision: Any) -> bool:
        return queries.counts(decision)


class ProofShape(serializers.Serializer):
    """Everything that can be checked about a decision, as it was checked just now."""

    object = Kind("decision_proof")
    holds = serializers.BooleanField(read_only=True)
    record = serializers.DictField(read_only=True)
    digest = shown()
    is_digest_right = serializers.BooleanField(read_only=True)
    signature = shown()
    is_signature_right = serializers.BooleanField(read_only=True)
    key_id = shown()
    public_key = shown()
    position = serializers.IntegerField(read_only=True, allow_null=True)
    chain = shown()
    is_chain_whole = serializers.BooleanField(read_only=True)
    broken_at = serializers.IntegerField(read_only=True, allow_null=True)
    events = serializers.IntegerField(read_only=True)
    head = shown()


class Decisions(Endpoint):
    tag = "decisions"

    @operation("decisions_list", "List the decisions, newest first", answers=DecisionShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.decisions(call.project)

    @operation(
        "decisions_create", "Record a decision: for persons, so a key is answered 403 person_needed",
        answers=DecisionShape, asks=NewDecision, status=201, guard=queries.require_person,
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        card = named("scorecard", scorecards.scorecard, call.project, call.asked["scorecard"])
        verdict = gates.latest(card)
        if verdict is None:
            raise Conflict(f"No gate was asked about {card} yet.", code="gate_not_asked", where={"field": "scorecard"})
        decision = actions.record(
            verdict, kind=call.asked["kind"], reason=call.asked["reason"], reference=call.asked["reference"]
        )
        return Made(decision, call.address("decisions", decision.public_id))


class Decision(Endpoint):
    tag = "decisions"

    @operation("decisions_read", "Read a decision by number or id", answers=DecisionShape)
    def get(self, call: Call) -> Any:
        return queries.decision(call.project, call.ref)


class DecisionProof(Endpoint):
    tag = "decisions"

    @operation("decisions_prove", "Check a decision: record, signature, place in the trail", answers=ProofShape)
    def get(self, call: Call) -> Any:
        return queries.proof(queries.decision(call.project, call.ref))
