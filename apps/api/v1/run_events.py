"""A run while it goes on: once by asking, or as a stream of events."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer

from apps.api.authentication import KeyRefused
from apps.api.base import Call, Endpoint
from apps.api.fields import Kind, dollars, shown
from apps.api.operation import operation
from apps.evals import queries
from apps.kernel import lifecycle
from apps.labels.spent import progress
from apps.scorecards import queries as scorecards
from apps.tenancy import queries as tenancy
from apps.tenancy import streaming
from apps.tenancy.acting import Acting


def counts(**options: Any) -> serializers.DictField:
    return serializers.DictField(child=serializers.IntegerField(), read_only=True, **options)


class MeanSoFarShape(serializers.Serializer):
    """A mean over the answers that have a value, from 0 to 1; null without any."""

    evaluator = shown()
    is_primary = serializers.BooleanField(read_only=True)
    scored = serializers.IntegerField(read_only=True)
    missing = serializers.IntegerField(read_only=True)
    mean = serializers.FloatField(read_only=True, allow_null=True)


class SideSoFarShape(serializers.Serializer):
    """One side in one cohort so far. Both sides may have answered different rows by now: it decides nothing."""

    cohort = shown()
    role = shown(help_text="teacher or student.")
    planned_answers = serializers.IntegerField(source="planned", read_only=True)
    answered = serializers.IntegerField(read_only=True)
    missing = serializers.IntegerField(read_only=True, help_text="Answers that ended in a fault.")
    spend_usd = dollars(help_text="At list price, judges included.")
    scores = MeanSoFarShape(many=True, read_only=True)


class ProgressShape(serializers.Serializer):
    """How far a run has come; null where something cannot be told yet."""

    object = Kind("run_progress")
    status = shown()
    paused_because = shown(help_text="by_hand or budget_spent; empty unless paused.")
    is_final = serializers.BooleanField(read_only=True)
    share_done = serializers.FloatField(read_only=True)
    examples = serializers.IntegerField(read_only=True)
    answered = serializers.IntegerField(read_only=True)
    planned_answers = serializers.IntegerField(read_only=True)
    answered_by_role = counts(source="roles", allow_null=True)
    reused_answers = serializers.IntegerField(source="reused", read_only=True)
    batches_by_stage = serializers.DictField(
        source="stages", read_only=True, allow_null=True,
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="Batches done and in all, of answering and of judging.",
    )  # fmt: skip
    judgements = serializers.ListField(
        child=serializers.IntegerField(), min_length=2, max_length=2, read_only=True, allow_null=True,
        help_text="Verdicts of judges that are in, and in all; null where no judge is asked.",
    )  # fmt: skip
    scored = serializers.IntegerField(read_only=True)
    missing = serializers.IntegerField(read_only=True)
    faults = counts(help_text="Missing answers by cause.")
    missing_scores = counts(
        source="judge_faults", allow_null=True, help_text="Scores missing although there is an answer, by reason."
    )
    calls = serializers.IntegerField(read_only=True)
    calls_open = serializers.IntegerField(read_only=True, help_text="Calls on their way.")
    call_faults = counts(
        allow_null=True, help_text="Calls that ended otherwise than well, by cause, those made again included."
    )
    spend_usd = dollars(help_text="At list price, as on the scorecard: reused and recorded answers included.")
    certain_usd = dollars(help_text="What this run's own calls cost for certain.")
    unconfirmed_usd = dollars(help_text="What calls may have cost beyond that, at the most.")
    checking_usd = dollars(help_text="What checking the judges cost: in the budget, beside all other sums.")
    planted_usd = dollars(help_text="The part of checking_usd that went to planted answers.")
    budget_usd = dollars()
    unpriced_answers = serializers.IntegerField(read_only=True)
    projected_usd = dollars(help_text="The whole run at list price, at the mean so far.")
    seconds_left = serializers.FloatField(read_only=True, allow_null=True)
    seconds_left_range = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, read_only=True, allow_null=True
    )
    examples_per_second = serializers.FloatField(read_only=True, allow_null=True)
    so_far = SideSoFarShape(
        source="cohorts", many=True, read_only=True, help_text="By cohort and side, for watching: it decides nothing."
    )


class EventRenderer(BaseRenderer):
    """Only so that a client which accepts nothing but events is not refused; what is streamed is bytes already."""

    media_type = streaming.MEDIA_TYPE
    format = "events"


class RunProgress(Endpoint):
    tag = "runs"

    @operation("runs_progress", "How far a run has come", answers=ProgressShape)
    def get(self, call: Call) -> Any:
        return progress(queries.run(call.project, call.ref))


class RunEvents(Endpoint):
    tag = "runs"
    renderer_classes = [JSONRenderer, EventRenderer]

    @operation(
        "runs_events", "How far a run has come, told whenever it changes, for a minute at a time",
        answers=ProgressShape, is_stream=True,
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        queries.run(call.project, call.ref)
        return streaming.answer(self.request, lambda: self._entered_again(call), lambda: _look(call))

    def _entered_again(self, call: Call) -> Acting:
        """A key revoked meanwhile sees nothing more."""
        key = tenancy.live_key(call.key.pk)
        if key is None:
            raise KeyRefused("The key was revoked, or has expired.")
        return tenancy.as_key(key, request_id=self.request.auth.request_id)


def _look(call: Call) -> streaming.Look:
    """A run that completed is watched until its scorecard is sealed: that is what its watchers wait for."""
    run = queries.run(call.project, call.ref)
    now = progress(run)
    is_last = now.is_final and (now.status != lifecycle.COMPLETED or scorecards.of_run(run) is not None)
    text = json.dumps(ProgressShape(now).data, ensure_ascii=False)
    return streaming.Look("done" if is_last else "progress", text, is_last=is_last)
