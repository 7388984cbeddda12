"""A scorecard beside an earlier one, and what its verdict allows cohort by cohort."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, named
from apps.api.fields import Kind, shown, versioned
from apps.api.operation import operation
from apps.api.parameters import Parameter
from apps.gates import comparing, queries
from apps.kernel.sentences.anchors import incomparable
from apps.scorecards import queries as scorecards

LISTED = 100
AGAINST = Parameter("against", "The earlier scorecard: its number or id.", is_required=True)


class SideShape(serializers.Serializer):
    """A scorecard with its newest verdict, null before a gate was asked."""

    id = shown(source="card.public_id")
    number = serializers.IntegerField(source="card.number", read_only=True)
    verdict = shown(allow_null=True)


class TurnShape(serializers.Serializer):
    """A cell then and now, in percentage points; null where the cell is absent."""

    cohort = shown()
    evaluator = shown()
    then_pp = serializers.FloatField(read_only=True, allow_null=True)
    now_pp = serializers.FloatField(read_only=True, allow_null=True)
    change_pp = serializers.FloatField(read_only=True, allow_null=True)
    then_verdict = shown(allow_null=True)
    now_verdict = shown(allow_null=True)
    is_turned = serializers.BooleanField(source="turned", read_only=True)


class ChangedShape(serializers.Serializer):
    """A row that both runs share, whose student score moved."""

    key = shown()
    cohort = shown()
    evaluator = shown()
    then = serializers.FloatField(read_only=True)
    now = serializers.FloatField(read_only=True)


class IncomparableShape(serializers.Serializer):
    """An evaluator that is left out of turns and rows, for its judge is not shown to be the same on both cards."""

    evaluator = shown()
    code = shown(help_text="judge_changed, judge_drifted, judge_unchecked or anchors_replaced.")
    sentence = serializers.SerializerMethodField()

    def get_sentence(self, found: Any) -> str:
        return incomparable(found.evaluator, found.code)


class ComparisonShape(serializers.Serializer):
    """Rows count where the example itself is the same; ``mended`` and ``broken`` are shown from the worst, in part."""

    object = Kind("scorecard_comparison")
    then = SideShape(read_only=True)
    now = SideShape(read_only=True)
    turns = TurnShape(many=True, read_only=True)
    incomparable = IncomparableShape(many=True, read_only=True)
    shared_rows = serializers.IntegerField(source="rows.shared", read_only=True)
    rows_only_then = serializers.IntegerField(source="rows.only_then", read_only=True)
    rows_only_now = serializers.IntegerField(source="rows.only_now", read_only=True)
    rows_of_other_content = serializers.IntegerField(source="rows.other_content", read_only=True)
    mended_count = serializers.IntegerField(read_only=True)
    broken_count = serializers.IntegerField(read_only=True)
    mended = ChangedShape(many=True, read_only=True, help_text=f"The first {LISTED}.")
    broken = ChangedShape(many=True, read_only=True, help_text=f"The first {LISTED}.")


class HeldShape(serializers.Serializer):
    """A cohort that stays with the teacher, and why."""

    cohort = shown()
    rule = shown(allow_null=True)
    reason = shown(help_text="The rule's verdict, or not_proved, or blocked.")


class ProposalShape(serializers.Serializer):
    """A proposal decides nothing. Without cohorts, ``blocked_by`` names the rules (or "verdict") in the way."""

    object = Kind("scorecard_proposal")
    scorecard = shown(source="card.public_id")
    scorecard_digest = shown(source="card.digest")
    report_digest = shown(source="verdict.digest", allow_null=True, default=None)
    gate = versioned(source="verdict.policy_version", allow_null=True, default=None)
    verdict = shown(source="verdict.verdict", allow_null=True, default=None)
    cohorts = serializers.ListField(source="proposed.cohorts", child=serializers.CharField(), read_only=True)
    traffic_share = serializers.FloatField(source="proposed.traffic", read_only=True, help_text="0 to 1.")
    held = HeldShape(source="proposed.held", many=True, read_only=True)
    blocked_by = serializers.ListField(source="proposed.blocked_by", child=serializers.CharField(), read_only=True)


class Comparison(Endpoint):
    tag = "scorecards"

    @operation(
        "scorecard_comparison_read", "What has changed since an earlier scorecard: verdicts and rows",
        answers=ComparisonShape, parameters=(AGAINST,), judges=True,
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        now = scorecards.scorecard(call.project, call.ref)
        then = named("against", scorecards.scorecard, call.project, call.parameters["against"], part="parameter")
        found = comparing.compare(then, now)
        return {
            "then": {"card": then, "verdict": found.then_verdict},
            "now": {"card": now, "verdict": found.now_verdict},
            "turns": found.turns,
            "incomparable": found.incomparable,
            "rows": found.rows,
            "mended_count": len(found.rows.mended),
            "broken_count": len(found.rows.broken),
            "mended": found.rows.mended[:LISTED],
            "broken": found.rows.broken[:LISTED],
        }


class Proposal(Endpoint):
    tag = "scorecards"

    @operation(
        "scorecard_proposal_read", "For which cohorts the newest verdict lets the student replace the teacher",
        answers=ProposalShape,
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        card = scorecards.scorecard(call.project, call.ref)
        return {"card": card, "verdict": queries.latest(card), "proposed": queries.proposal_of(card)}
