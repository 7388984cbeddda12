"""The schema of a gate policy, made from the figures that the kernel declares: what is read is what is written here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from apps.api.fields import Document
from apps.kernel.policy import SHAPES
from apps.kernel.policy.figures import KINDS, SELECTIONS, Field, Names, Shape, Word

Schema = dict[str, Any]
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 100}


class PolicyDocument(Document):
    """A policy as a JSON object. Its problems are told by the kernel, all at once and each with a pointer."""


class PolicyDocumentSchema(OpenApiSerializerFieldExtension):
    """How the document of the interface describes it, once for all who take it."""

    target_class = PolicyDocument

    def get_name(self) -> str:
        return "GatePolicy"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> Schema:
        return policy_schema()


def policy_schema() -> Schema:
    """A JSON schema of the document: a rule is of one figure, and has that figure's fields."""
    return {
        "type": "object",
        "required": ["name", "rules"],
        "properties": {
            "name": NAME,
            "description": {"type": "string"},
            "alpha": {"type": "number", "exclusiveMinimum": 0, "maximum": 0.25, "default": 0.05},
            "max_age_days": {"type": "number"},
            "max_contaminated": {"type": "number"},
            "rules": {
                "type": "array",
                "minItems": 1,
                "maxItems": 100,
                "items": {"oneOf": [_rule(figure, shape) for figure, shape in SHAPES.items()]},
            },
        },
        "additionalProperties": False,
    }


def _rule(figure: str, shape: Shape) -> Schema:
    kinds = ["guard"] if shape.guards_only else list(KINDS)
    scope: Schema = {"enum": list(shape.scopes)}
    # The scope that is meant where none is said.
    is_asked = "global" not in shape.scopes
    return {
        "type": "object",
        "title": figure,
        "required": ["id", "kind", "figure", shape.limit, *(["scope"] if is_asked else [])],
        "properties": {
            "id": NAME,
            "figure": {"const": figure},
            "kind": {"enum": kinds},
            "scope": scope if is_asked else {**scope, "default": "global"},
            shape.limit: {"type": "number"},
            **{name: _field(field) for name, field in shape.fields.items()},
        },
        "additionalProperties": False,
        "example": example_of(figure, shape),
    }


def example_of(figure: str, shape: Shape) -> Mapping[str, object]:
    """A rule of the figure that the kernel reads."""
    return {"id": figure.replace("_", "-"), "figure": figure, **shape.example}


def _field(field: Field) -> Schema:
    if isinstance(field, Word):
        return {"enum": list(field.choices), "default": field.default}
    if isinstance(field, Names):
        named = {"type": "array", "minItems": 1, "items": {"type": "string"}}
        return {"oneOf": [{"enum": list(SELECTIONS)}, named], "default": field.default}
    return {"type": "number"} if field.default is None else {"type": "number", "default": field.default}
