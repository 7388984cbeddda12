"""What a run has found so far, answer by answer, with the scores of each."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint
from apps.api.fields import Kind, dollars, identifier, shown
from apps.api.operation import operation
from apps.api.parameters import Parameter, is_set, refused
from apps.evals import queries
from apps.kernel.reading.refusal import quoted

ROLES = ("teacher", "student")


class ItemScoreShape(serializers.Serializer):
    """``value`` runs from 0 to 1; null is missing, with its reason, and never 0."""

    evaluator = shown()
    value = serializers.FloatField(read_only=True, allow_null=True)
    reason = shown()
    detail = shown()
    judge_cost_usd = dollars()


class MeasuredShape(serializers.Serializer):
    """How likely both models find an answer of the teacher, in nats; null is missing, with its reason."""

    teacher_nats = serializers.FloatField(read_only=True, allow_null=True)
    student_nats = serializers.FloatField(source="nats", read_only=True, allow_null=True)
    student_tokens = serializers.IntegerField(source="tokens", read_only=True)
    reason = shown()
    cost_usd = dollars()


class ItemShape(serializers.Serializer):
    """One answer. ``fault`` says why there is none; then ``output`` is null."""

    object = Kind("run_item")
    id = identifier()
    key = shown(source="example.key", help_text="The golden row's own id.")
    cohort = shown(source="example.cohort.name")
    role = shown()
    repeat = serializers.IntegerField(read_only=True, help_text="Counts from 0.")
    output = shown(allow_null=True)
    finish_reason = shown()
    fault = shown()
    input_tokens = serializers.IntegerField(read_only=True, allow_null=True)
    output_tokens = serializers.IntegerField(read_only=True, allow_null=True)
    usage_estimated = serializers.BooleanField(read_only=True)
    latency_ms = serializers.FloatField(read_only=True, allow_null=True)
    first_token_ms = serializers.FloatField(read_only=True, allow_null=True)
    cost_usd = dollars()
    answered_by = shown()
    is_reused = serializers.BooleanField(
        read_only=True, help_text="Nothing was sent: an earlier run had asked exactly the same."
    )
    scores = ItemScoreShape(source="scores.all", many=True, read_only=True)
    measured = MeasuredShape(
        read_only=True, allow_null=True,
        help_text="Of the teacher's first answers in a run with divergence bits_per_byte; else null.",
    )  # fmt: skip


class RunItems(Endpoint):
    tag = "runs"

    @operation(
        "run_items_list", "List a run's answers with their scores, as they came in; whole once the run has ended",
        answers=ItemShape, is_list=True, order="pk",
        parameters=(
            Parameter("role", "Only answers of this side: teacher or student."),
            Parameter("cohort", "Only answers to rows of this cohort."),
            Parameter("is_faulty", "true: only where there is no answer. false: only answers.", is_flag=True),
        ),
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        items = queries.answers(queries.run(call.project, call.ref))
        asked = call.parameters
        if "role" in asked:
            if asked["role"] not in ROLES:
                raise refused("parameter_invalid", f"role is teacher or student, not {quoted(asked['role'])}.", "role")
            items = items.filter(role=asked["role"])
        if "cohort" in asked:
            items = items.filter(example__cohort__name=asked["cohort"])
        if "is_faulty" in asked:
            items = items.exclude(fault="") if is_set(asked, "is_faulty") else items.filter(fault="")
        return items
