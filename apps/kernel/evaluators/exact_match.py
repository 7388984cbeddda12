"""Exact match: the output, or a field recorded beside it, equals the reference."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping

from apps.kernel.evaluators.contract import Case, Outcome, SettingsInvalid, is_path, lookup, refuse_unknown

OUTPUT = "output"
QUOTES = "\"'"
TRAILING = " .,;:!?" + QUOTES
EXTRACTS = ("first_line", "first_word")
JSON_FIELD = "json:"


class ExactMatch:
    """1 when what was answered equals one accepted reference, else 0. An absent answer is the model's fault: 0."""

    kind = "exact_match"
    version = "1"

    def needs(self, settings: Mapping[str, object]) -> tuple[str, ...]:
        return ("reference",)

    def validate(self, settings: Mapping[str, object]) -> None:
        refuse_unknown(settings, frozenset({"output_field", "normalise", "extract"}))
        if not is_path(settings.get("output_field", OUTPUT)):
            raise SettingsInvalid(
                "output_field names a field, such as 'output' or 'parsed'.", where={"field": "output_field"}
            )
        if not isinstance(settings.get("normalise", False), bool):
            raise SettingsInvalid("normalise is true or false.", where={"field": "normalise"})
        extract = settings.get("extract")
        if extract is not None and extract not in EXTRACTS and not _is_json_field(extract):
            raise SettingsInvalid(
                f"extract is one of {', '.join(EXTRACTS)} or json:<field>.", where={"field": "extract"}
            )

    def score(self, case: Case, settings: Mapping[str, object]) -> Outcome:
        accepted = case.example.get("reference")
        candidates = [one for one in (accepted if isinstance(accepted, list) else [accepted]) if one is not None]
        if not candidates:
            # An empty string is an expectation like any other; null is none.
            return Outcome(None, "reference_absent")
        field = str(settings.get("output_field", OUTPUT))
        answered = case.output if field == OUTPUT else lookup(case.recorded, field)
        if answered is None:
            return Outcome(0.0, detail="no answer")
        text = _extracted(_text(answered), settings.get("extract"))
        if text is None:
            return Outcome(0.0, detail="nothing to extract")
        normal = _normal if settings.get("normalise") else str
        hit = any(normal(text) == normal(_text(candidate)) for candidate in candidates)
        return Outcome(1.0 if hit else 0.0)


def _is_json_field(extract: object) -> bool:
    return isinstance(extract, str) and extract.startswith(JSON_FIELD) and is_path(extract.removeprefix(JSON_FIELD))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _normal(text: str) -> str:
    """Compatibility forms, case, blanks, outer quotes and trailing punctuation made equal.

    What is nothing but punctuation stays: "?" and "!" are two answers.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    plain = re.sub(r"\s+", " ", folded).strip()
    return plain.rstrip(TRAILING).lstrip(QUOTES).strip() or plain


def _extracted(text: str, extract: object) -> str | None:
    if extract is None:
        return text
    stripped = text.strip()
    if _is_json_field(extract):
        try:
            document = json.loads(stripped)
        except (ValueError, RecursionError):
            return None
        value = lookup(document, str(extract).removeprefix(JSON_FIELD)) if isinstance(document, dict) else None
        return None if value is None else _text(value)
    pieces = stripped.splitlines() if extract == "first_line" else stripped.split()
    return pieces[0].strip() if pieces else None
