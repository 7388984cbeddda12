"""Anchors of a judge: stored answers with stored verdicts, which each later run asks it about again."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint
from apps.api.fields import Asked, Kind, Text, Whole, identifier, shown
from apps.api.operation import needs, operation
from apps.evals import queries as evals
from apps.evaluators import actions, queries
from apps.kernel.evaluators import anchors
from apps.labels import anchoring


class NewAnchors(Asked):
    evaluator = Text(max_length=120, help_text="An evaluator of the run that asks a judge.")
    rows = Whole(
        required=False, default=anchors.USUAL, help_text=f"How many answers, {anchors.FEWEST} to {anchors.MOST}."
    )
    because = Text(
        required=False, default="", max_length=2000,
        help_text="Asked for where anchors stand: why the judge as it is now is to be trusted.",
    )  # fmt: skip


class AnchorSetShape(serializers.Serializer):
    """The highest revision of a judge_digest is its current set. The answers' texts stay with the run."""

    object = Kind("anchor_set")
    id = identifier()
    evaluator = shown()
    judge_digest = shown(help_text="Of the model version, the question and the settings together.")
    revision = serializers.IntegerField(read_only=True)
    size = serializers.IntegerField(read_only=True)
    run_number = serializers.IntegerField(read_only=True, help_text="The run whose answers and verdicts they are.")
    told = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="Names that the provider answered under in that run."
    )
    digest = shown()
    because = shown()
    drawn_by = shown()
    created_at = serializers.DateTimeField(read_only=True)


class Anchors(Endpoint):
    tag = "labels"

    @operation(
        "run_anchors_list", "List every set of anchors of the project's judges, by evaluator and newest first",
        answers=AnchorSetShape, is_list=True,
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        return queries.anchor_sets(evals.run(call.project, call.ref).project)

    @operation(
        "run_anchors_create", "Pin answers of a sealed run with their verdicts as the current anchors of their judge",
        answers=AnchorSetShape, asks=NewAnchors, status=201, guard=needs(actions.pin_anchors),
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        run, asked = evals.run(call.project, call.ref), dict(call.asked)
        return anchoring.draw(run, evaluator=asked["evaluator"], size=asked["rows"], because=asked["because"])
