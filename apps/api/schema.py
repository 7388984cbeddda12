"""The document of the interface (OpenAPI 3.1) and its page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse, extend_schema, inline_serializer
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.views import APIView

from apps.api.fields import Kind
from apps.tenancy.streaming import MEDIA_TYPE

PROBLEM = "application/problem+json"
PROBLEMS = {
    400: "The request cannot be read.",
    401: "No live key came with the request.",
    403: "The key's scopes do not hold the permission.",
    404: "There is no such thing here, or it is not yours.",
}
EVENTS = "Events, each with such a document in its data: progress when it changed, done when nothing more can come."
BUSY = "This process carries as many streams as it may; Retry-After says when to ask again."
DONE = {200: "As asked.", 201: "Made; Location says where.", 202: "Begun; Location says where to look."}
WRITE_PROBLEMS = {
    409: "The present state forbids it.",
    413: "The body or file is too large.",
    415: "The body or file has a type that is not accepted.",
    422: "What was sent cannot be accepted.",
}


class FieldProblem(serializers.Serializer):
    """One thing wrong, and where: a pointer into the body, or a row and column of a file."""

    code = serializers.CharField()
    detail = serializers.CharField()
    pointer = serializers.CharField(required=False)
    row = serializers.IntegerField(required=False)
    column = serializers.CharField(required=False)


class Problem(serializers.Serializer):
    """RFC 9457, with a stable code (docs/reference/errors.md) and what to do."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    where = serializers.DictField()
    errors = FieldProblem(many=True)
    fix = serializers.CharField(allow_null=True)
    request_id = serializers.CharField()
    instance = serializers.CharField()


class Schema(AutoSchema):
    """Tags from the endpoint; everything else is said by ``operation``."""

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def get_description(self) -> str:
        return ""

    def get_auth(self) -> list[dict[str, list[str]]]:
        # A key is always needed; the framework would also list "nothing", for it asks no permission of its own.
        return [scheme for scheme in super().get_auth() if scheme]


class BearerKey(OpenApiAuthenticationExtension):
    target_class = "apps.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API key of an organization: dh_…"}


def responses(
    answers: Any, *, status: int, writes: bool, judges: bool = False, streams: bool = False
) -> dict[Any, Any]:
    """The answer, and a problem for each status an error may have."""
    more = {**({422: WRITE_PROBLEMS[422]} if judges else {}), **({503: BUSY} if streams else {})}
    said = {**PROBLEMS, **(WRITE_PROBLEMS if writes else more)}
    done = (status, MEDIA_TYPE) if streams else status
    return {
        done: OpenApiResponse(answers, description=EVENTS if streams else DONE[status]),
        **{(code, PROBLEM): OpenApiResponse(Problem, description=sentence) for code, sentence in said.items()},
    }


@cache
def page_of(shape: Any) -> Any:
    """A page of a list of ``shape``, a serializer class; one class for each, or two would claim one component."""
    return inline_serializer(
        name=f"{shape.__name__}Page",
        fields={
            "object": Kind("list"),
            "data": shape(many=True),
            "has_more": serializers.BooleanField(),
            "next_cursor": serializers.CharField(allow_null=True),
        },
    )


@lru_cache(maxsize=1)
def document() -> Mapping[str, Any]:
    """The whole document, in one order."""
    generator = SchemaGenerator(patterns=[path("api/", include("apps.api.urls"))])
    made: Mapping[str, Any] = generator.get_schema(request=None, public=True)
    return made


@lru_cache(maxsize=1)
def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


class OpenApi(APIView):
    """Open to everyone: it says nothing about any organization."""

    http_method_names = ["get", "head"]

    @extend_schema(exclude=True)
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(text(), content_type="application/json")


class Page(SpectacularSwaggerSplitView):
    """The document to read and try; its script builds styles of its own, so only here they are let in."""

    http_method_names = ["get", "head"]
    url_name = "openapi"


page = csp_update({"style-src": [UNSAFE_INLINE]})(Page.as_view())
