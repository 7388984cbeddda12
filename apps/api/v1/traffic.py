"""Samples of live traffic, held against golden rows. No text of theirs is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made, named
from apps.api.fields import Asked, Kind, Text, identifier, shown, versioned
from apps.api.operation import needs, operation
from apps.api.parameters import Parameter
from apps.datasets import queries as datasets
from apps.kernel import traffic
from apps.traffic import actions, queries

FROM = Parameter("from", "The first day of the window, as 2026-11-01 (UTC).", is_required=True)
TO = Parameter("to", "Its last day.", is_required=True)
DATASET = Parameter("dataset", "A pinned dataset version to compare with at once: slug, slug@number or id.")


class FiguresShape(serializers.Serializer):
    """Live rows against golden rows; null where a figure cannot be told, with the code of the reason beside it."""

    psi = serializers.FloatField(allow_null=True, help_text="Population stability index of the mix of cohorts.")
    expected_psi = serializers.FloatField(allow_null=True, help_text="What equal mixes show on average.")
    mix_p = serializers.FloatField(allow_null=True, help_text="Chance of such an index without drift.")
    mix_drifted = serializers.BooleanField(help_text="p < 0.01 and PSI > 0.1.")
    mix_reason = serializers.CharField(allow_null=True)
    unknown = serializers.IntegerField(help_text="Live rows in cohorts that the golden rows do not have.")
    mmd2 = serializers.FloatField(allow_null=True, help_text="Squared maximum mean discrepancy of the texts.")
    content_p = serializers.FloatField(allow_null=True, help_text="By 200 permutations within cohorts.")
    golden_texts = serializers.IntegerField()
    live_texts = serializers.IntegerField()
    content_reason = serializers.CharField(allow_null=True)
    novelty = serializers.FloatField(allow_null=True, help_text="Share of live rows unlike any golden row, 0 to 1.")
    novelty_rows = serializers.IntegerField()
    novelty_reason = serializers.CharField(allow_null=True)


class TrafficComparisonShape(serializers.Serializer):
    object = Kind("traffic_comparison")
    id = identifier()
    dataset = versioned(source="dataset_version")
    figures = FiguresShape(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class TrafficSampleShape(serializers.Serializer):
    """Live rows of some days, counted by cohort."""

    object = Kind("traffic_sample")
    id = identifier()
    since_date = serializers.DateField(read_only=True)
    until_date = serializers.DateField(read_only=True)
    file_name = shown()
    digest = shown(help_text="Of the rows themselves, whatever their order or file.")
    row_count = serializers.IntegerField(read_only=True)
    cohorts = serializers.DictField(child=serializers.IntegerField(), read_only=True, help_text="Rows by cohort.")
    without_text = serializers.IntegerField(read_only=True, help_text="Rows that count for the mix only.")
    repeated = serializers.IntegerField(read_only=True, help_text="Rows that came again with the same id.")
    comparisons = TrafficComparisonShape(many=True, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class Against(Asked):
    dataset = Text(help_text="A pinned dataset version: slug, slug@number or id.")


class TrafficSamples(Endpoint):
    tag = "traffic"

    @operation(
        "traffic_samples_list",
        "List the samples of live traffic, newest first",
        answers=TrafficSampleShape,
        is_list=True,
    )
    def get(self, call: Call) -> Any:
        return queries.samples(call.project)

    @operation(
        "traffic_samples_create", "Count live rows by cohort and sketch some; no text is kept",
        answers=TrafficSampleShape, status=201, guard=needs(actions.record_sample), takes_file=True,
        parameters=(FROM, TO, DATASET),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        given = call.parameters
        window = traffic.window(given["from"], given["to"], today=_today())
        version = None
        if "dataset" in given:
            version = named("dataset", datasets.version, call.project, given["dataset"], part="parameter")
            datasets.require_pinned(version)
        name = "" if call.body.file is None else call.body.file.name or ""
        found = queries.read(call.project, window, call.rows())
        sample = actions.record_sample(call.project, window=window, found=found, file_name=name)
        if version is not None:
            actions.keep_comparison(sample, version, compared=queries.compare(sample, version))
        return Made(queries.sample(call.project, sample.public_id), call.address("traffic-samples", sample.public_id))


class TrafficSample(Endpoint):
    tag = "traffic"

    @operation("traffic_samples_read", "Read a sample of live traffic", answers=TrafficSampleShape)
    def get(self, call: Call) -> Any:
        return queries.sample(call.project, call.ref)


class TrafficComparisons(Endpoint):
    tag = "traffic"

    @operation(
        "traffic_comparisons_create", "Hold a sample against a pinned dataset version, and keep what it says",
        answers=TrafficSampleShape, status=201, asks=Against, guard=needs(actions.keep_comparison),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        sample = queries.sample(call.project, call.ref)
        version = named("dataset", datasets.version, call.project, call.asked["dataset"])
        datasets.require_pinned(version)
        actions.keep_comparison(sample, version, compared=queries.compare(sample, version))
        return Made(queries.sample(call.project, sample.public_id), call.address("traffic-samples", sample.public_id))


class TrafficForget(Endpoint):
    tag = "traffic"

    @operation(
        "traffic_samples_forget", "Delete the sketches of a sample; its counts and comparisons stay",
        answers=TrafficSampleShape, guard=needs(actions.forget_sketches),
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        return actions.forget_sketches(queries.sample(call.project, call.ref))


def _today() -> date:
    return timezone.now().date()
