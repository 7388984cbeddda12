"""Training corpora of a model version, compared with golden rows."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made, named
from apps.api.fields import Kind, identifier, shown, versioned
from apps.api.operation import needs, operation
from apps.api.parameters import Parameter
from apps.api.parsing import BodyRefused
from apps.corpora import actions, queries
from apps.datasets import queries as datasets
from apps.registry import queries as registry

DATASET = Parameter("dataset", "A pinned dataset version: slug, slug@number or id.", is_required=True)


class MatchShape(serializers.Serializer):
    """A golden row that stands in the corpus: exact, near (Jaccard 0.8) or contained (half of its 13-grams)."""

    key = serializers.CharField()
    kind = serializers.CharField()
    likeness = serializers.FloatField(help_text="0 to 1.")
    row = serializers.IntegerField(help_text="The number of the training row.")


class CheckShape(serializers.Serializer):
    """One corpus file against one dataset version. Nothing of the corpus is kept but its digest."""

    object = Kind("corpus_check")
    id = identifier()
    model_version = shown()
    dataset = versioned(source="dataset_version")
    file_name = shown()
    corpus_digest = shown()
    corpus_rows = serializers.IntegerField(read_only=True)
    golden_rows = serializers.IntegerField(read_only=True)
    without_text = serializers.IntegerField(read_only=True)
    share = serializers.FloatField(read_only=True, help_text="Of the golden rows, 0 to 1.")
    matches = MatchShape(many=True, read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class Corpora(Endpoint):
    tag = "models"

    @operation(
        "corpus_checks_list", "List what the training corpora of a model version share with golden rows",
        answers=CheckShape, is_list=True,
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        return queries.of_model(registry.version(call.project, call.ref))

    @operation(
        "corpus_checks_create", "Compare a training corpus (.jsonl, .csv or .txt) with golden rows; only keys are kept",
        answers=CheckShape, status=201, guard=needs(actions.record_check), takes_file=True, parameters=(DATASET,),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        version = registry.version(call.project, call.ref)
        dataset = named("dataset", datasets.version, call.project, call.parameters["dataset"], part="parameter")
        datasets.require_pinned(dataset)
        file = call.body.file
        if file is None:
            raise BodyRefused("Send the corpus as one file, as the part 'file'.", code="file_missing")
        name = file.name or ""
        overlap, digest = queries.compare(dataset, file_name=name, chunks=file.chunks())
        check = actions.record_check(version, dataset, file_name=name, overlap=overlap, corpus_digest=digest)
        return Made(check, call.address("models", str(version), "corpora"))
