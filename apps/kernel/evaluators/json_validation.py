"""JSONValidation: the output is one JSON value, valid under a schema of the evaluator or of the example.

The schema is untrusted: its size, depth and count are capped, and nothing outside the document is ever fetched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs

from apps.kernel.evaluators.contract import Case, Outcome, SettingsInvalid, refuse_unknown

SCHEMA_BYTES = 64 * 1024
SCHEMA_DEPTH = 32
OUTPUT_BYTES = 1024 * 1024
FENCE = "```"


class JSONValidation:
    """1 for a valid document, 0 for text that is no JSON or breaks the schema; the first fault stands in the detail."""

    kind = "json_validation"
    version = "1"

    def needs(self, settings: Mapping[str, object]) -> tuple[str, ...]:
        return () if "schema" in settings else ("schema",)

    def validate(self, settings: Mapping[str, object]) -> None:
        refuse_unknown(settings, frozenset({"schema", "strip_code_fence"}))
        if not isinstance(settings.get("strip_code_fence", False), bool):
            raise SettingsInvalid("strip_code_fence is true or false.", where={"field": "strip_code_fence"})
        if "schema" in settings:
            check_schema(settings["schema"])

    def score(self, case: Case, settings: Mapping[str, object]) -> Outcome:
        schema = settings.get("schema", case.example.get("schema"))
        text = case.output or ""
        if settings.get("strip_code_fence"):
            text = _without_fence(text)
        if len(text.encode("utf-8", "replace")) > OUTPUT_BYTES:
            return Outcome(0.0, detail="the output is larger than 1 MiB")
        try:
            document = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            return Outcome(0.0, detail=f"not JSON: {str(error)[:120]}")
        try:
            validator = _validator(json.dumps(schema, sort_keys=True))
        except SettingsInvalid as error:
            return Outcome(None, error.code, error.detail[:200])
        fault = next(iter(validator.iter_errors(document)), None)
        if fault is None:
            return Outcome(1.0)
        place = "/".join(map(str, fault.instance_path))
        return Outcome(0.0, detail=f"/{place}: {str(fault.message)[:160]}")


def check_schema(schema: object) -> None:
    """Raise SettingsInvalid (schema_too_large, schema_too_deep, ref_not_local, schema_invalid) for a bad schema."""
    if not isinstance(schema, dict | bool):
        raise SettingsInvalid("A JSON Schema is an object, true or false.", code="schema_invalid")
    if len(json.dumps(schema)) > SCHEMA_BYTES:
        raise SettingsInvalid(f"A schema has at most {SCHEMA_BYTES:,} bytes.", code="schema_too_large")
    _walk(schema, 0)
    _validator(json.dumps(schema, sort_keys=True))


def _walk(node: object, depth: int) -> None:
    if depth > SCHEMA_DEPTH:
        raise SettingsInvalid(f"A schema nests at most {SCHEMA_DEPTH} deep.", code="schema_too_deep")
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("$ref", "$dynamicRef") and isinstance(value, str) and not value.startswith("#"):
                raise SettingsInvalid(
                    f"'{value[:80]}' points outside the schema; only references that start with # are followed.",
                    code="ref_not_local",
                )
            _walk(value, depth + 1)
    elif isinstance(node, list):
        for value in node:
            _walk(value, depth + 1)


@lru_cache(maxsize=512)
def _validator(schema_text: str) -> Any:
    schema = json.loads(schema_text)
    try:
        # The retriever is asked for every reference outside the document; it knows none.
        return jsonschema_rs.validator_for(schema, retriever=_fetch_nothing)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise SettingsInvalid(f"The schema cannot be used: {str(error)[:160]}", code="schema_invalid") from None


def _fetch_nothing(uri: str) -> dict[str, Any]:
    raise ValueError(f"{uri} is outside the schema")


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _without_fence(text: str) -> str:
    stripped = text.strip()
    if not stripped.startswith(FENCE) or not stripped.endswith(FENCE) or "\n" not in stripped:
        return text
    return stripped.removesuffix(FENCE).split("\n", 1)[1]
