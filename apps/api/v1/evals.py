"""Runs: estimated, started, read."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made, named
from apps.api.fields import Amount, Asked, Flag, Kind, Slug, Text, Whole, dollars, identifier, shown, versioned
from apps.api.operation import needs, operation
from apps.datasets import queries as datasets
from apps.evals import actions, estimate, foresight, queries
from apps.evaluators import queries as evaluators
from apps.gates import queries as gates
from apps.kernel.errors import NotFound
from apps.registry import queries as registry
from apps.scorecards import queries as scorecards

TERMS = ("allow_unpriced", "repeats", "seed", "purpose", "budget_usd", "reuse_answers", "divergence")


def whole_range(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.IntegerField(), read_only=True, **options)


class NewRun(Asked):
    dataset = Text(help_text="A pinned dataset version: slug, slug@number or id.")
    teacher = Text(help_text="A model version: slug, slug@number or id.")
    student = Text(help_text="Another model version.")
    suite = Text(help_text="A suite: slug, slug@number or id.")
    gate = Slug(required=False, help_text="The gate policy to ask, in its newest version, when the card is sealed.")
    allow_unpriced = Flag(required=False, default=False)
    repeats = Whole(required=False, default=1, help_text="How often each row is answered, 1 to 10.")
    seed = Whole(
        required=False, allow_null=True, default=None,
        help_text="Sent to providers as their seed parameter, one further for each repeat; nothing is sent without it.",
    )  # fmt: skip
    purpose = Text(
        required=False, default="evidence", max_length=20,
        help_text="evidence, or selection: it only chooses golden rows; no gate takes it, no run reuses it.",
    )  # fmt: skip
    budget_usd = Amount(
        required=False, allow_null=True, default=None, code="budget_invalid",
        help_text="The run pauses before it could spend more.",
    )  # fmt: skip
    reuse_answers = Flag(
        required=False, default=False, help_text="Take this organization's answers to exactly the same requests."
    )
    divergence = Text(
        required=False, default="", allow_blank=True, max_length=20,
        help_text="bits_per_byte: the student is asked how likely it finds the teacher's answers, one more call a row.",
    )  # fmt: skip


class RunShape(serializers.Serializer):
    object = Kind("run")
    id = identifier()
    number = serializers.IntegerField(read_only=True)
    status = shown()
    dataset = versioned(source="dataset_version")
    teacher = shown()
    student = shown()
    suite = versioned(source="suite_version")
    gate = shown(source="policy_slug")
    purpose = shown()
    repeats = serializers.IntegerField(read_only=True)
    seed = serializers.IntegerField(read_only=True, allow_null=True)
    budget_usd = dollars()
    reuse_answers = serializers.BooleanField(read_only=True)
    divergence = shown(help_text="bits_per_byte, or empty.")
    paused_because = shown(help_text="by_hand or budget_spent; empty unless paused.")
    example_count = serializers.IntegerField(read_only=True)
    unpaired = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    plan_digest = shown()
    started_by = shown()
    created_at = serializers.DateTimeField(read_only=True)
    finished_at = serializers.DateTimeField(read_only=True, allow_null=True)


class RunDetailShape(RunShape):
    """A run, with its scorecard once that is sealed."""

    scorecard = serializers.SerializerMethodField(help_text="The scorecard's id, null until it is sealed.")

    def get_scorecard(self, run: Any) -> str | None:
        card = scorecards.of_run(run)
        return None if card is None else card.public_id


class EstimateShape(serializers.Serializer):
    """What a run would do and cost: each range from the least to the most.

    US dollars are null where a called model has no price, seconds where one was never called here.
    """

    object = Kind("run_estimate")
    rows = serializers.IntegerField(source="estimate.rows", read_only=True)
    calls = serializers.IntegerField(
        source="estimate.calls", read_only=True, help_text="Calls to live models, judges among them."
    )
    input_tokens = whole_range(source="tokens_in")
    output_tokens = whole_range(source="tokens_out")
    least_usd = dollars(source="estimate.least_usd")
    most_usd = dollars(source="estimate.most_usd")
    checking_usd = serializers.ListField(
        source="estimate.checking_usd", read_only=True, allow_null=True, min_length=2, max_length=2,
        child=serializers.DecimalField(max_digits=18, decimal_places=9),
        help_text="The part that checking the judges takes, by planted answers and anchors; a budget keeps it apart.",
    )  # fmt: skip
    seconds = serializers.ListField(child=serializers.FloatField(), read_only=True, allow_null=True)
    reusable_answers = serializers.IntegerField(
        source="reusable", read_only=True, allow_null=True,
        help_text="Answers that an earlier run has; null unless reuse_answers is asked, or with very many rows.",
    )  # fmt: skip
    unpriced = serializers.ListField(source="estimate.unpriced", child=serializers.CharField(), read_only=True)
    unlimited = serializers.ListField(
        source="estimate.unlimited",
        child=serializers.CharField(),
        read_only=True,
        help_text=f"Versions without max_tokens: {estimate.ANSWER_TOKENS_UNSET} tokens an answer are assumed at most.",
    )


class Runs(Endpoint):
    tag = "runs"

    @operation("runs_list", "List the runs, newest first", answers=RunShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.runs(call.project)

    @operation(
        "runs_create", "Start a run; it goes on by itself",
        answers=RunDetailShape, asks=NewRun, status=202, guard=needs(actions.start_run),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        terms = {name: call.asked[name] for name in TERMS}
        run = actions.start_run(call.project, **_parts(call), policy_slug=_gate(call), **terms)
        return Made(run, call.address("runs", run.public_id))


class RunEstimate(Endpoint):
    tag = "runs"

    @operation(
        "runs_estimate", "What a run would do and cost: the body of runs_create, and nothing is started or kept",
        answers=EstimateShape, asks=NewRun,
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        _gate(call)
        terms = {name: call.asked[name] for name in TERMS if name != "allow_unpriced"}
        return foresight.of_run(**_parts(call), **terms)


class Run(Endpoint):
    tag = "runs"

    @operation("runs_read", "Read a run by number or id", answers=RunDetailShape)
    def get(self, call: Call) -> Any:
        return queries.run(call.project, call.ref)


def _parts(call: Call) -> dict[str, Any]:
    project, asked = call.project, call.asked
    return {
        "dataset": named("dataset", datasets.version, project, asked["dataset"]),
        "teacher": named("teacher", registry.version, project, asked["teacher"]),
        "student": named("student", registry.version, project, asked["student"]),
        "suite": named("suite", evaluators.suite_version, project, asked["suite"]),
    }


def _gate(call: Call) -> str:
    return str(named("gate", _policy_slug, call.project, call.asked["gate"])) if "gate" in call.asked else ""


def _policy_slug(project: Any, slug: str) -> str:
    """A saved policy's slug. Raises NotFound now rather than when the run has ended."""
    found = gates.policy_version(project, slug).policy.slug
    if found != slug:
        raise NotFound(f"There is no gate policy '{slug}' in this project; name it by its slug.")
    return str(found)
