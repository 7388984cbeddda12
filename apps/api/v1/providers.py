"""Providers and their callable endpoints, which belong to the organization."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made, named
from apps.api.fields import Asked, Kind, Slug, Text, Whole, identifier, shown
from apps.api.operation import needs, operation
from apps.inference.providers import catalogue
from apps.registry import actions, queries


class NewProvider(Asked):
    slug = Slug()
    dialect = Text(
        max_length=30, required=False, default=catalogue.DEFAULT, help_text=f"One of {', '.join(catalogue.NAMES)}."
    )


class ProviderShape(serializers.Serializer):
    object = Kind("provider")
    id = identifier()
    slug = shown()
    dialect = shown()
    created_at = serializers.DateTimeField(read_only=True)


class NewEndpoint(Asked):
    provider = Slug()
    slug = Slug()
    base_url = Text(max_length=2048)
    credential = Text(max_length=4096, required=False, default="", help_text="Sealed at once and never shown again.")
    concurrency = Whole(required=False, default=4, help_text="Calls at a time over all workers, 1 to 64.")
    requests_per_minute = Whole(required=False, allow_null=True, default=None, help_text="No limit unless given.")
    tokens_per_minute = Whole(required=False, allow_null=True, default=None, help_text="In and out together.")


class EndpointShape(serializers.Serializer):
    object = Kind("endpoint")
    id = identifier()
    slug = shown()
    provider = shown(source="provider.slug")
    dialect = shown(source="provider.dialect")
    prompt_scoring = serializers.SerializerMethodField(
        help_text="How it can tell the log-probability of a given text: prompt_logprobs, echo, forced, or unsupported."
    )
    base_url = shown()
    concurrency = serializers.IntegerField(read_only=True)
    requests_per_minute = serializers.IntegerField(read_only=True, allow_null=True)
    tokens_per_minute = serializers.IntegerField(read_only=True, allow_null=True)
    has_credential = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(read_only=True)

    def get_prompt_scoring(self, endpoint: Any) -> str:
        return str(catalogue.get(endpoint.provider.dialect).prompt_scoring)

    def get_has_credential(self, endpoint: Any) -> bool:
        return bool(endpoint.credential)


class Providers(Endpoint):
    tag = "providers"

    @operation("providers_list", "List the providers", answers=ProviderShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.providers()

    @operation(
        "providers_create", "Register a provider",
        answers=ProviderShape, asks=NewProvider, status=201, guard=needs(actions.register_provider),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        return Made(actions.register_provider(**call.asked), call.address("providers"))


class Endpoints(Endpoint):
    tag = "providers"

    @operation("endpoints_list", "List the endpoints", answers=EndpointShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.endpoints()

    @operation(
        "endpoints_create", "Register a callable address of a provider",
        answers=EndpointShape, asks=NewEndpoint, status=201, guard=needs(actions.register_endpoint),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        asked = dict(call.asked)
        provider = named("provider", lambda _, slug: queries.provider(slug), None, asked.pop("provider"))
        return Made(actions.register_endpoint(provider, **asked), call.address("endpoints"))
