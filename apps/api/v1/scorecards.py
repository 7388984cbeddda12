"""Scorecards: the document of a sealed comparison, the same that the terminal prints."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint
from apps.api.fields import Kind, identifier, shown
from apps.api.operation import operation
from apps.gates import queries as gates
from apps.scorecards import queries

PAIR = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True)


class ScorecardShape(serializers.Serializer):
    object = Kind("scorecard")
    id = identifier()
    number = serializers.IntegerField(read_only=True)
    run = shown(source="run.public_id")
    digest = shown()
    created_at = serializers.DateTimeField(read_only=True)


class FindingShape(serializers.Serializer):
    """One rule's answer about one cohort, "*" for all traffic."""

    rule = serializers.CharField()
    kind = serializers.CharField()
    figure = serializers.CharField()
    cohort = serializers.CharField()
    evaluator = serializers.CharField(allow_null=True)
    verdict = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    sentence = serializers.CharField()
    delta_pp = serializers.FloatField(allow_null=True)
    interval_pp = PAIR
    level = serializers.FloatField(allow_null=True)
    margin_pp = serializers.FloatField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    interval = PAIR
    at_most = serializers.FloatField(allow_null=True)
    p_pass = serializers.FloatField(allow_null=True)
    p_fail = serializers.FloatField(allow_null=True)
    rows_to_decide = serializers.IntegerField(allow_null=True)
    noticeable_pp = serializers.FloatField(allow_null=True)


class MissingShape(serializers.Serializer):
    teacher = serializers.IntegerField()
    student = serializers.IntegerField()
    pairs = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())


class CellShape(serializers.Serializer):
    """One cohort × evaluator; delta is student − teacher in percentage points."""

    cohort = serializers.CharField()
    evaluator = serializers.CharField()
    n = serializers.IntegerField()
    teacher = serializers.FloatField(allow_null=True)
    student = serializers.FloatField(allow_null=True)
    delta_pp = serializers.FloatField(allow_null=True)
    interval_pp = PAIR
    level = serializers.FloatField(allow_null=True)
    losses = serializers.IntegerField(allow_null=True)
    wins = serializers.IntegerField(allow_null=True)
    verdict = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    rule = serializers.CharField(allow_null=True)
    rows_to_decide = serializers.IntegerField(allow_null=True)
    margin_pp = serializers.FloatField(allow_null=True)
    missing = MissingShape()


class LatencyShape(serializers.Serializer):
    teacher = serializers.FloatField(allow_null=True)
    student = serializers.FloatField(allow_null=True)


class CohortFiguresShape(serializers.Serializer):
    cohort = serializers.CharField()
    n = serializers.IntegerField()
    high_value = serializers.BooleanField(allow_null=True)
    weight = serializers.FloatField()
    cost_ratio = serializers.FloatField(allow_null=True)
    cost_ratio_interval = PAIR
    cost_ratio_level = serializers.FloatField(allow_null=True)
    cost_ratio_reason = serializers.CharField(allow_null=True)
    latency_p50_ms = LatencyShape()
    latency_p99_ms = LatencyShape()
    latency_reason = serializers.CharField(allow_null=True)


class UnpairedShape(serializers.Serializer):
    teacher_only = serializers.IntegerField()
    student_only = serializers.IntegerField()
    neither = serializers.IntegerField()


class RemarkShape(serializers.Serializer):
    """Something worth knowing beside a verdict; it decides nothing."""

    code = serializers.CharField()
    sentence = serializers.CharField()


class ToCollectShape(serializers.Serializer):
    """What would decide a finding that is open; price and time are of both models' answers, null where unknown."""

    rule = serializers.CharField()
    cohort = serializers.CharField()
    evaluator = serializers.CharField(allow_null=True)
    rows_to_decide = serializers.IntegerField()
    rows_missing = serializers.IntegerField()
    usd = serializers.FloatField(allow_null=True)
    minutes = serializers.FloatField(allow_null=True)


class ReportShape(serializers.Serializer):
    """A comparison as terminal, REST and page show it; null where unknown, with the reason beside it."""

    verdict = serializers.CharField(allow_null=True)
    findings = FindingShape(many=True)
    cells = CellShape(many=True)
    cohorts = CohortFiguresShape(many=True)
    unpaired = UnpairedShape()
    weights_source = serializers.CharField()
    facts = serializers.DictField()
    policy_digest = serializers.CharField(allow_null=True)
    digest = serializers.CharField()
    circumstances = serializers.DictField(
        required=False, help_text="What stood around the card when the gate was asked; absent in older verdicts."
    )
    remarks = RemarkShape(many=True, required=False)
    to_collect = ToCollectShape(many=True, required=False)


class ScorecardDetailShape(ReportShape):
    """A sealed scorecard, with the newest verdict on it."""

    object = Kind("scorecard")
    id = serializers.CharField()
    number = serializers.IntegerField()
    run = serializers.CharField()
    created_at = serializers.DateTimeField()


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
        return {**ScorecardShape(card).data, **gates.report_of(card, gates.latest(card))}
