"""Models, their versions, prices and recorded outputs."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made, named
from apps.api.fields import Amount, Asked, Document, Kind, Text, identifier, shown, versioned
from apps.api.operation import needs, operation
from apps.api.parameters import Parameter
from apps.kernel.price import PriceCard
from apps.kernel.reading.recorded import parse_outputs
from apps.registry import actions, queries

DIGEST = r"^sha256:[0-9a-f]{64}\Z"


class NewModel(Asked):
    slug = Text(max_length=500, help_text="1 to 120 printable characters.")


class ModelShape(serializers.Serializer):
    object = Kind("model")
    id = identifier()
    slug = shown()
    created_at = serializers.DateTimeField(read_only=True)


class NewVersion(Asked):
    endpoint = Text(max_length=60, help_text="The endpoint's slug.")
    remote_name = Text(required=False, default="", allow_blank=True, help_text="The name the endpoint knows it by.")
    parameters = Document(required=False, default=dict)
    base = Text(required=False, help_text="The version it was trained from: slug, slug@number or id.")
    quantised_from = Text(required=False, help_text="The version it was quantised from.")
    training_corpus_digest = serializers.RegexField(DIGEST, required=False, default="")
    tokenizer = Text(
        required=False, default="", allow_blank=True, help_text="The same name for versions that share a tokenizer."
    )


class VersionShape(serializers.Serializer):
    object = Kind("model_version")
    id = identifier()
    ref = versioned()
    model = shown(source="model.slug")
    number = serializers.IntegerField(read_only=True)
    is_recorded = serializers.BooleanField(read_only=True)
    endpoint = shown(source="endpoint.slug", allow_null=True)
    remote_name = shown()
    parameters = serializers.DictField(read_only=True)
    base = shown(allow_null=True)
    quantised_from = shown(allow_null=True)
    training_corpus_digest = shown()
    tokenizer = shown()
    outputs_digest = shown()
    digest = shown()
    created_at = serializers.DateTimeField(read_only=True)


class NewPrice(Asked):
    version = Text(help_text="The model version: slug, slug@number or id.")
    valid_from = serializers.DateField(required=False, help_text="The first day of these prices; today unless given.")
    input_usd_per_mtok = Amount()
    output_usd_per_mtok = Amount()
    per_call_usd = Amount(required=False)
    hardware_usd_per_hour = Amount(required=False)
    traces_per_hour = Amount(required=False, decimal_places=3)


class PriceShape(serializers.Serializer):
    """US dollars, as decimal texts."""

    object = Kind("price")
    id = identifier()
    version = shown()
    valid_from = serializers.DateField(read_only=True)
    input_usd_per_mtok = Amount(read_only=True)
    output_usd_per_mtok = Amount(read_only=True)
    per_call_usd = Amount(read_only=True)
    hardware_usd_per_hour = Amount(read_only=True)
    traces_per_hour = Amount(read_only=True, decimal_places=3, allow_null=True)
    created_at = serializers.DateTimeField(read_only=True)


class Models(Endpoint):
    tag = "models"

    @operation("models_list", "List the models", answers=ModelShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.models(call.project)

    @operation(
        "models_create", "Register a model",
        answers=ModelShape, asks=NewModel, status=201, guard=needs(actions.register_model),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        model = actions.register_model(call.project, slug=call.asked["slug"])
        return Made(model, call.address("models", model.public_id))


class Model(Endpoint):
    tag = "models"

    @operation("models_read", "Read a model by slug or id", answers=ModelShape)
    def get(self, call: Call) -> Any:
        return queries.model(call.project, call.ref)


class Versions(Endpoint):
    tag = "models"

    @operation("model_versions_list", "List a model's versions, newest first", answers=VersionShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.versions(call.project).filter(model=queries.model(call.project, call.ref))

    @operation(
        "model_versions_create", "Register an immutable version that an endpoint answers for",
        answers=VersionShape, asks=NewVersion, status=201, guard=needs(actions.register_version),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        project, asked = call.project, call.asked
        model = queries.model(project, call.ref)
        lineage = {
            name: named(name, queries.version, project, asked[name])
            for name in ("base", "quantised_from")
            if name in asked
        }
        version = actions.register_version(
            model,
            endpoint=named("endpoint", lambda _, slug: queries.endpoint(slug), project, asked["endpoint"]),
            remote_name=asked["remote_name"],
            parameters=asked["parameters"],
            training_corpus_digest=asked["training_corpus_digest"],
            tokenizer=asked["tokenizer"],
            **lineage,
        )
        return _made(call, model, version)


class Outputs(Endpoint):
    tag = "models"

    @operation(
        "model_outputs_create", "Import what a model answered elsewhere, as a recorded version",
        answers=VersionShape, status=201, guard=needs(actions.import_outputs), takes_file=True,
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        model = queries.model(call.project, call.ref)
        version = actions.import_outputs(model, parse_outputs(call.rows()).outputs)
        return _made(call, model, version)


class Prices(Endpoint):
    tag = "prices"

    @operation(
        "prices_list", "List the prices, newest first",
        answers=PriceShape, is_list=True, parameters=(Parameter("version", "Only prices of this model version."),),
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        reference_given = call.parameters.get("version")
        if reference_given is None:
            return queries.project_prices(call.project)
        return queries.prices(queries.version(call.project, reference_given))

    @operation(
        "prices_create", "Set prices of a version from a day on; they are never edited",
        answers=PriceShape, asks=NewPrice, status=201, guard=needs(actions.set_price),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        asked = dict(call.asked)
        version = named("version", queries.version, call.project, asked.pop("version"))
        valid_from = asked.pop("valid_from", timezone.now().date())
        price = actions.set_price(version, valid_from=valid_from, card=PriceCard(**asked))
        return Made(price, f"{call.address('prices')}?version={version.public_id}")


def _made(call: Call, model: Any, version: Any) -> Made:
    return Made(version, call.address("models", model.public_id, "versions"))
