"""Golden datasets: imported as a draft, pinned for good."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made, named
from apps.api.fields import Kind, Slug, identifier, shown, versioned
from apps.api.operation import needs, operation
from apps.api.parameters import Parameter, ParameterRefused, is_set
from apps.datasets import actions, queries
from apps.kernel.reading.golden import parse_golden

NAME = Parameter("name", "The dataset's slug: rows become its next version.", is_required=True)


class CohortShape(serializers.Serializer):
    name = shown()
    is_high_value = serializers.BooleanField(read_only=True)
    traffic_weight = serializers.FloatField(read_only=True)
    example_count = serializers.IntegerField(read_only=True)


class DatasetShape(serializers.Serializer):
    """A version of a dataset."""

    object = Kind("dataset_version")
    id = identifier()
    ref = versioned()
    name = shown(source="dataset.slug")
    number = serializers.IntegerField(read_only=True)
    status = shown()
    digest = shown()
    example_count = serializers.IntegerField(read_only=True)
    weights_source = shown()
    warnings = serializers.ListField(child=serializers.DictField(), read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    pinned_at = serializers.DateTimeField(read_only=True, allow_null=True)


class DatasetDetailShape(DatasetShape):
    """A version of a dataset with its cohorts."""

    cohorts = serializers.SerializerMethodField()

    def get_cohorts(self, version: Any) -> list[dict[str, Any]]:
        return list(CohortShape(queries.cohorts(version), many=True).data)


class RowShape(serializers.Serializer):
    """A golden row. ``content`` is what evaluators and prompts may use of it."""

    object = Kind("dataset_row")
    id = identifier()
    key = shown(help_text="The row's own id in the file.")
    cohort = shown(source="cohort.name")
    is_high_value = serializers.BooleanField(source="cohort.is_high_value", read_only=True)
    content = serializers.DictField(read_only=True)


class Datasets(Endpoint):
    tag = "datasets"

    @operation(
        "datasets_list", "List dataset versions, newest first",
        answers=DatasetShape, is_list=True, parameters=(Parameter("name", "Only versions of this dataset."),),
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        versions = queries.versions(call.project)
        name = call.parameters.get("name")
        return versions if name is None else versions.filter(dataset__slug=name)

    @operation(
        "datasets_create", "Import golden rows as the next version of a dataset, all of them or nothing",
        answers=DatasetDetailShape, status=201, guard=needs(actions.import_golden), takes_file=True,
        parameters=(NAME, Parameter("allow_extra", "Keep columns that are not known.", is_flag=True)),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        slug = dataset_name(call.parameters["name"])
        golden = parse_golden(call.rows(), allow_extra=is_set(call.parameters, "allow_extra"))
        version = actions.import_golden(call.project, slug=slug, golden=golden)
        return Made(version, call.address("datasets", str(version)))


class Dataset(Endpoint):
    tag = "datasets"

    @operation("datasets_read", "Read a version by slug, slug@number or id", answers=DatasetDetailShape)
    def get(self, call: Call) -> Any:
        return queries.version(call.project, call.ref)


class DatasetRows(Endpoint):
    tag = "datasets"

    @operation(
        "dataset_rows_list", "List the rows of a version by their keys",
        answers=RowShape, is_list=True, order="key", parameters=(Parameter("cohort", "Only rows of this cohort."),),
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        version = queries.version(call.project, call.ref)
        cohort = call.parameters.get("cohort")
        if cohort is None:
            return queries.examples(version)
        return named("cohort", queries.examples_of, version, cohort, part="parameter")


class DatasetPin(Endpoint):
    tag = "datasets"

    @operation(
        "datasets_pin", "Pin a version: from here on it can never change",
        answers=DatasetDetailShape, guard=needs(actions.pin_version),
    )  # fmt: skip
    def post(self, call: Call) -> Any:
        return actions.pin_version(queries.version(call.project, call.ref))


def dataset_name(given: str) -> str:
    """Raises ParameterRefused ``slug_invalid``."""
    try:
        return str(Slug().run_validation(given))
    except serializers.ValidationError as error:
        raise ParameterRefused(str(error.detail[0]), code="slug_invalid", where={"parameter": "name"}) from None
