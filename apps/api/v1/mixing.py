"""What the mix of cohorts does to a scorecard's global figures."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint
from apps.api.fields import Asked, Kind, Points, shown
from apps.api.operation import operation
from apps.gates import queries as gates
from apps.kernel import mix
from apps.scorecards import queries


class LiveTraffic(Asked):
    live_weights = serializers.DictField(
        child=serializers.FloatField(),
        required=False,
        help_text="Shares of live traffic by cohort, together 1. Without them rows are set against declared traffic.",
    )


class PartShape(serializers.Serializer):
    cohort = shown()
    mix_pp = Points(source="mix")
    rate_pp = Points(source="rate")


class HiddenShape(serializers.Serializer):
    """A cohort's loss that the global figure of its side hides."""

    cohort = shown()
    side = shown(help_text="golden or live.")
    delta_pp = Points(source="delta")


class SplitShape(serializers.Serializer):
    """One evaluator: its global delta by the golden mix and by the live one, and what lies between (Kitagawa)."""

    evaluator = shown()
    golden_pp = Points(source="check.golden_delta")
    live_pp = Points(source="check.live_delta")
    mix_pp = Points(source="check.split.mix")
    rate_pp = Points(source="check.split.rate")
    parts = PartShape(source="check.split.parts", many=True, read_only=True)
    hidden = HiddenShape(source="check.hidden", many=True, read_only=True)
    is_lost_in_the_mix = serializers.BooleanField(source="check.lost_in_the_mix", read_only=True)
    left_out = serializers.FloatField(read_only=True, help_text="Share of live traffic without figures, 0 to 1.")
    sentences = serializers.ListField(child=serializers.CharField(), read_only=True)


class MixShape(serializers.Serializer):
    """Point estimates that warn and never decide."""

    object = Kind("scorecard_mix")
    scorecard = shown(source="card.public_id")
    digest = shown(source="card.digest")
    evaluators = SplitShape(source="found", many=True, read_only=True)


class Mix(Endpoint):
    tag = "scorecards"

    @operation(
        "scorecard_mix_read", "Split the global difference by mix and by rate, under live traffic if given; not kept",
        answers=MixShape, asks=LiveTraffic,
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        card = queries.scorecard(call.project, call.ref)
        report = gates.report_of(card, gates.latest(card))
        return {"card": card, "found": mix.decompose(report, live=call.asked.get("live_weights"))}
