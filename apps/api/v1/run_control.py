"""A run paused, resumed, cancelled, and asked again where it failed."""

from __future__ import annotations

from typing import Any

from apps.api.base import Call, Endpoint, Made
from apps.api.fields import Amount, Asked, Text
from apps.api.operation import needs, operation
from apps.api.v1.evals import RunDetailShape
from apps.evals import actions, queries


class Reason(Asked):
    reason = Text(max_length=500, required=False, default="", allow_blank=True)


class Resuming(Reason):
    budget_usd = Amount(
        required=False, allow_null=True, default=None, code="budget_invalid",
        help_text="The new budget of the whole run; needed where the old one is spent.",
    )  # fmt: skip


class RunPause(Endpoint):
    tag = "runs"

    @operation(
        "runs_pause", "Send nothing more; what is on its way comes back and is kept",
        answers=RunDetailShape, asks=Reason, guard=needs(actions.pause_run),
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        return actions.pause_run(queries.run(call.project, call.ref), because=call.asked["reason"])


class RunResume(Endpoint):
    tag = "runs"

    @operation(
        "runs_resume", "Go on with a paused run",
        answers=RunDetailShape, asks=Resuming, guard=needs(actions.resume_run),
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        run = queries.run(call.project, call.ref)
        return actions.resume_run(run, because=call.asked["reason"], budget_usd=call.asked["budget_usd"])


class RunCancel(Endpoint):
    tag = "runs"

    @operation(
        "runs_cancel", "Cancel a run",
        answers=RunDetailShape, asks=Reason, guard=needs(actions.cancel_run),
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        return actions.cancel_run(queries.run(call.project, call.ref), because=call.asked["reason"])


class RunRetry(Endpoint):
    tag = "runs"

    @operation(
        "runs_retry", "Ask again only where a fault left no answer or no verdict; a completed run does so as a new one",
        answers=RunDetailShape, asks=Reason, status=202, guard=needs(actions.retry_failed),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        run = actions.retry_failed(queries.run(call.project, call.ref), because=call.asked["reason"])
        return Made(run, call.address("runs", run.public_id))
