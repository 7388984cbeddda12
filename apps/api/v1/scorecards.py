"""Scorecards: the document of a sealed comparison, the same that the terminal prints."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint
from apps.api.fields import Kind, Points, identifier, shown
from apps.api.operation import operation
from apps.api.v1.report_shapes import ReportShape
from apps.gates import queries as gates
from apps.kernel import display_order
from apps.scorecards import queries
from apps.tenancy.ids import public_id


class ScorecardShape(serializers.Serializer):
    object = Kind("scorecard")
    id = identifier()
    number = serializers.IntegerField(read_only=True)
    run = shown(source="run.public_id")
    digest = shown()
    supersedes = serializers.SerializerMethodField(help_text="The id of the card that this one stands in place of.")
    created_at = serializers.DateTimeField(read_only=True)

    def get_supersedes(self, card: Any) -> str | None:
        return None if card.supersedes_id is None else public_id(card.ID_PREFIX, card.supersedes_id)


class ScorecardDetailShape(ReportShape):
    """A sealed scorecard, with the newest verdict on it."""

    object = Kind("scorecard")
    id = serializers.CharField()
    number = serializers.IntegerField()
    run = serializers.CharField()
    supersedes = serializers.CharField(allow_null=True)
    superseded_by = serializers.IntegerField(allow_null=True, help_text="The number of the run's present card.")
    created_at = serializers.DateTimeField()


class PlaceShape(serializers.Serializer):
    """A cohort's difference on one evaluator, drawn towards all cohorts' (normal–normal, DerSimonian–Laird)."""

    cohort = shown()
    evaluator = shown()
    shrunken_pp = Points(source="delta")
    spread_pp = Points(source="spread", help_text="Its standard error.")
    weight = serializers.FloatField(read_only=True, help_text="How much of the observed difference is left in it, 0–1.")


class OrderShape(serializers.Serializer):
    """In which order to look at cohorts, greatest loss first. For display alone: no rule and no verdict reads it."""

    object = Kind("display_order")
    scorecard = shown(source="card.public_id")
    digest = shown(source="card.digest")
    for_display_only = PlaceShape(source="places", many=True, read_only=True)


class Scorecards(Endpoint):
    tag = "scorecards"

    @operation("scorecards_list", "List the scorecards, newest first", answers=ScorecardShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.scorecards(call.project)


class Scorecard(Endpoint):
    tag = "scorecards"

    @operation("scorecards_read", "Read a scorecard by number or id", answers=ScorecardDetailShape, is_raw=True)
    def get(self, call: Call) -> dict[str, Any]:
        card = queries.scorecard(call.project, call.ref)
        present = queries.successor(card)
        return {**ScorecardShape(card).data, "superseded_by": present, **gates.report_of(card, gates.latest(card))}


class ScorecardOrder(Endpoint):
    tag = "scorecards"

    @operation("scorecards_order", "Read in which order to look at cohorts; it never judges", answers=OrderShape)
    def get(self, call: Call) -> dict[str, Any]:
        card = queries.scorecard(call.project, call.ref)
        return {"card": card, "places": display_order.places(queries.value(card))}
