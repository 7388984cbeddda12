"""Evaluators and the suites they are frozen into."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made, named
from apps.api.fields import Asked, Document, Flag, Kind, Slug, Text, identifier, shown, versioned
from apps.api.operation import needs, operation
from apps.evaluators import actions, queries
from apps.registry import queries as registry


class NewEvaluator(Asked):
    name = Text(max_length=120)
    kind = Text(max_length=40, help_text="exact_match, json_validation, recorded_score, or a judge: groundedness, …")
    settings = Document(required=False, default=dict)
    judge = Text(required=False, help_text="The model version a judge asks: slug, slug@number or id.")


class EvaluatorShape(serializers.Serializer):
    object = Kind("evaluator")
    id = identifier()
    name = shown()
    kind = shown()
    settings = serializers.DictField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class NewEntry(Asked):
    evaluator = Text(max_length=120, help_text="The evaluator's name.")
    is_primary = Flag(required=False, default=True)
    cohorts = serializers.ListField(
        child=Text(max_length=120), required=False, default=list, help_text="Empty: it scores every cohort."
    )


class NewSuite(Asked):
    slug = Slug()
    evaluators = NewEntry(many=True)


class SuiteShape(serializers.Serializer):
    """A suite as it stood."""

    object = Kind("suite_version")
    id = identifier()
    ref = versioned()
    slug = shown(source="suite.slug")
    number = serializers.IntegerField(read_only=True)
    entries = serializers.ListField(child=serializers.DictField(), read_only=True)
    digest = shown()
    created_at = serializers.DateTimeField(read_only=True)


class Evaluators(Endpoint):
    tag = "evaluators"

    @operation("evaluators_list", "List the evaluators", answers=EvaluatorShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.evaluators(call.project)

    @operation(
        "evaluators_create", "Name a scorer",
        answers=EvaluatorShape, asks=NewEvaluator, status=201, guard=needs(actions.configure),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        judge = call.asked.get("judge")
        evaluator = actions.configure(
            call.project,
            name=call.asked["name"],
            kind=call.asked["kind"],
            settings=call.asked["settings"],
            judge_version_id=named("judge", registry.version, call.project, judge).id if judge else None,
        )
        return Made(evaluator, call.address("evaluators", evaluator.public_id))


class Evaluator(Endpoint):
    tag = "evaluators"

    @operation("evaluators_read", "Read an evaluator by name or id", answers=EvaluatorShape)
    def get(self, call: Call) -> Any:
        return queries.evaluator(call.project, call.ref)


class Suites(Endpoint):
    tag = "evaluators"

    @operation("suites_list", "List suite versions, newest first", answers=SuiteShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.suite_versions(call.project)

    @operation(
        "suites_create", "Freeze evaluators into a suite",
        answers=SuiteShape, asks=NewSuite, status=201, guard=needs(actions.freeze_suite),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        entries = [
            actions.Entry(
                named("evaluators", queries.evaluator, call.project, entry["evaluator"]),
                is_primary=entry["is_primary"],
                cohorts=tuple(entry["cohorts"]),
            )
            for entry in call.asked["evaluators"]
        ]
        version = actions.freeze_suite(call.project, slug=call.asked["slug"], entries=entries)
        return Made(version, call.address("suites", str(version)))


class Suite(Endpoint):
    tag = "evaluators"

    @operation("suites_read", "Read a suite by slug, slug@number or id", answers=SuiteShape)
    def get(self, call: Call) -> Any:
        return queries.suite_version(call.project, call.ref)
