"""JSONValidation: the output is one JSON value, valid under a schema of the evaluator or of the example.

``format`` is an annotation, as the standard has it by default: it is not checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import jsonschema_rs

from apps.kernel.evaluators.contract import Case, Outcome, SettingsInvalid, refuse_unknown
from apps.kernel.evaluators.json_schema import compiled

OUTPUT_BYTES = 1024 * 1024
FENCE = "```"


class JSONValidation:
    """1 for a valid document, 0 for text that is no JSON or breaks the schema; the first fault stands in the detail.

    A schema that cannot be used, or a pair that could take longer than about a second (``evaluator_timeout``), says
    nothing about the model: missing.
    """

    kind = "json_validation"
    version = "1"

    def needs(self, settings: Mapping[str, object]) -> tuple[str, ...]:
        return () if "schema" in settings else ("schema",)

    def validate(self, settings: Mapping[str, object]) -> None:
        refuse_unknown(settings, frozenset({"schema", "strip_code_fence"}))
        if not isinstance(settings.get("strip_code_fence", False), bool):
            raise SettingsInvalid("strip_code_fence is true or false.", where={"field": "strip_code_fence"})
        if "schema" in settings:
            compiled(settings["schema"])

    def score(self, case: Case, settings: Mapping[str, object]) -> Outcome:
        schema = settings["schema"] if "schema" in settings else case.example.get("schema")
        if schema is None:
            return Outcome(None, "schema_absent")
        try:
            checked = compiled(schema)
        except SettingsInvalid as error:
            return Outcome(None, error.code, error.detail)
        text = case.output or ""
        if settings.get("strip_code_fence"):
            text = _without_fence(text)
        if len(text.encode("utf-8", "replace")) > OUTPUT_BYTES:
            return Outcome(0.0, detail="the output is larger than 1 MiB")
        try:
            document = json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            return Outcome(0.0, detail=f"not JSON: {error}")
        if checked.is_too_much(document):
            return Outcome(None, "evaluator_timeout", "this schema on this output is too much work")
        try:
            # The first fault is enough, and stops the work.
            checked.validator.validate(document)
        except jsonschema_rs.ValidationError as fault:
            return Outcome(0.0, detail=f"{_pointer(fault.instance_path)}: {fault.message}")
        except ValueError as error:
            # Half a surrogate pair, or nesting that no reader takes.
            return Outcome(0.0, detail=f"no portable JSON: {error}")
        return Outcome(1.0)


def _pointer(path: list[str | int]) -> str:
    """The place in RFC 6901's notation; ``/`` for the whole document, which an empty text would not show."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path) or "/"


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _without_fence(text: str) -> str:
    stripped = text.strip()
    if not stripped.startswith(FENCE) or not stripped.endswith(FENCE) or "\n" not in stripped:
        return text
    return stripped.removesuffix(FENCE).split("\n", 1)[1]
