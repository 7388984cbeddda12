"""Fields that several forms share. A form reads text; whether it may be accepted is said by actions and the kernel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from apps.kernel.errors import InvalidInput
from apps.kernel.reading.json_lines import cell
from apps.kernel.reading.refusal import quoted

SLUG_LENGTH = 60
DEPTH = 64
FILE_HELP = "A .jsonl or .csv file, plain or gzipped (.gz), at most 64 MiB."


class Reference(forms.ChoiceField):
    """Names one of our things, or nothing. The query that looks it up says whether it exists, not the list shown."""

    def __init__(self, *, none: str = "", **options: object) -> None:
        self.none = none
        super().__init__(**{"choices": [], **options})

    def offer(self, names: Iterable[tuple[str, str]]) -> None:
        first = [("", self.none)] if self.none else []
        self.choices = [*first, *names]

    def validate(self, value: object) -> None:
        forms.Field.validate(self, value)


class SlugField(forms.SlugField):
    default_error_messages = {"invalid": "Use letters, digits, '-' and '_' only (slug_invalid)."}

    def __init__(self, **options: object) -> None:
        super().__init__(**{"max_length": SLUG_LENGTH, **options})


class Text(forms.CharField):
    """A few lines of text."""

    def __init__(self, *, rows: int = 3, **options: object) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **options)


def part(name: str, field: Any, *, is_asked: bool = False) -> Any:
    """Mark a field as belonging to one choice of the form; ``is_asked`` where that choice cannot do without it."""
    field.part, field.is_asked = name, is_asked
    return field


def json_object(text: str, *, field: str) -> dict[str, object]:
    """The JSON object a field holds; nothing is an empty one. Raises InvalidInput: json_syntax and its like."""
    if not text.strip():
        return {}
    value, code, wrong = cell(text, depth=DEPTH)
    if code:
        raise InvalidInput(f"The {field} field {wrong}.", code=code, where={"field": field})
    if not isinstance(value, dict):
        raise InvalidInput(
            f"The {field} field is {quoted(value)}, not a JSON object.", code="body_not_object", where={"field": field}
        )
    return value


def pairs(text: str, *, field: str) -> dict[str, str]:
    """``name=value`` separated by commas. Raises InvalidInput ``value_invalid``."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = part.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise InvalidInput(
                f"{quoted(part)} is no pair; write name=value, with commas between.",
                code="value_invalid",
                where={"field": field},
            )
        found[name.strip()] = value.strip()
    return found


def checked(form: forms.Form) -> bool:
    """Is the form complete? Its faults stand beside its fields."""
    return bool(form.is_valid())
