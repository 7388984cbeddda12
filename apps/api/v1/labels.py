"""Human labels of a run's answers, and the card that takes them in."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint
from apps.api.fields import Kind, identifier, shown
from apps.api.operation import needs, operation
from apps.api.v1.scorecards import ScorecardShape
from apps.evals import queries as evals
from apps.gates import actions as gate_actions
from apps.gates import queries as gates
from apps.kernel.reading.labels import parse_labels
from apps.labels import actions, queries
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble


class LabelShape(serializers.Serializer):
    """One label as it was given. A higher revision by the same labeller of the same answer supersedes it."""

    object = Kind("label")
    id = identifier()
    key = shown(source="generation.example.key", help_text="The row's own id.")
    role = shown(source="generation.role")
    repeat = serializers.IntegerField(source="generation.repeat", read_only=True)
    evaluator = shown()
    label = serializers.FloatField(source="value", read_only=True)
    labeller = shown()
    given_by = shown()
    revision = serializers.IntegerField(read_only=True)
    note = shown()
    is_blind = serializers.SerializerMethodField(help_text="Whether the answer was shown blind, as part of a sample.")
    created_at = serializers.DateTimeField(read_only=True)

    def get_is_blind(self, label: Any) -> bool:
        return label.sample_id is not None


class ImportedShape(serializers.Serializer):
    """What a file of labels changed."""

    object = Kind("label_import")
    new = serializers.IntegerField(read_only=True)
    superseding = serializers.IntegerField(read_only=True)
    unchanged = serializers.IntegerField(read_only=True)
    digest = shown()


class Labels(Endpoint):
    tag = "labels"

    @operation("labels_list", "List every label of a run's answers, newest first", answers=LabelShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.labels(evals.run(call.project, call.ref))

    @operation(
        "labels_create", "Import labels of a run's answers, all of them or nothing",
        answers=ImportedShape, guard=needs(actions.import_labels), takes_file=True,
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        run = evals.run(call.project, call.ref)
        return actions.import_labels(run, parse_labels(call.rows()))


class RunReseal(Endpoint):
    tag = "labels"

    @operation(
        "runs_reseal", "Seal a card of the labels given since in place of the run's present one, and ask its gate",
        answers=ScorecardShape, guard=needs(scorecards.reseal),
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        run = evals.run(call.project, call.ref)
        card = scorecards.reseal(run, assemble.card_of(run))
        if run.policy_slug:
            gate_actions.decide(card, version=gates.policy_version(call.project, run.policy_slug))
        return card
