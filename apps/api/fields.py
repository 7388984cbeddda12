"""Fields of request and answer shapes, read strictly: a number is no text, a text no number, ``"yes"`` no truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.drainage import set_override
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.kernel.gate.finding import points
from apps.kernel.reading.columns import nearest
from apps.kernel.reading.refusal import quoted

SLUG_LENGTH = 60
SLUG = r"^[A-Za-z0-9_-]+\Z"
# Names that an answer may carry and no request may set.
READ_ONLY = frozenset(
    {"id", "object", "ref", "organization", "project", "number", "status", "digest", "created_at", "updated_at"}
)


class Asked(serializers.Serializer):
    """The shape of a request's body: what it does not name is refused, with the nearest name it knows."""

    def to_internal_value(self, given: Any) -> Any:
        if not isinstance(given, Mapping):
            raise ValidationError({"non_field_errors": [ErrorDetail("This is not an object.", code="field_invalid")]})
        errors: dict[str, Any] = {name: [self._unknown(name)] for name in given if name not in self.fields}
        try:
            values = super().to_internal_value(given)
        except ValidationError as error:
            errors = {**errors, **error.detail}
        if errors:
            raise ValidationError(errors)
        return values

    def _unknown(self, name: str) -> ErrorDetail:
        if name in READ_ONLY:
            return ErrorDetail(f"{quoted(name)} is set by us, never by a request.", code="field_read_only")
        meant = nearest(name, self.fields)
        hint = f"did you mean {quoted(meant)}?" if meant else f"known are: {', '.join(self.fields) or 'none'}."
        return ErrorDetail(f"{quoted(name)} is no field here; {hint}", code="field_unknown")


class Text(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": 200, "trim_whitespace": False, **options})

    def to_internal_value(self, given: Any) -> str:
        if not isinstance(given, str):
            self.fail("invalid")
        return str(super().to_internal_value(given))


class Slug(serializers.RegexField):
    default_error_messages = {
        "invalid": f"A slug has letters, digits, '-' and '_', at most {SLUG_LENGTH}.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(SLUG, **{"max_length": SLUG_LENGTH, "trim_whitespace": False, **options})

    def run_validation(self, given: Any = serializers.empty) -> Any:
        try:
            if given is not serializers.empty and given is not None and not isinstance(given, str):
                self.fail("invalid")
            return super().run_validation(given)
        except ValidationError as error:
            if any(detail.code in ("required", "null") for detail in error.detail):
                raise
            raise ValidationError(self.error_messages["invalid"], code="slug_invalid") from None


class Whole(serializers.IntegerField):
    def to_internal_value(self, given: Any) -> int:
        if isinstance(given, bool) or not isinstance(given, int):
            self.fail("invalid")
        return int(super().to_internal_value(given))


class Flag(serializers.BooleanField):
    def to_internal_value(self, given: Any) -> bool:
        if not isinstance(given, bool):
            self.fail("invalid", input=given)
        return given


class Amount(serializers.DecimalField):
    """US dollars as a number or a decimal text; what the amount is for says which are accepted, by its own ``code``."""

    def __init__(self, *, code: str = "price_invalid", **options: Any) -> None:
        self.code = code
        super().__init__(**{"max_digits": 14, "decimal_places": 6, **options})

    def run_validation(self, given: Any = serializers.empty) -> Any:
        try:
            if isinstance(given, bool | list | dict):
                self.fail("invalid")
            return super().run_validation(given)
        except ValidationError as error:
            if any(detail.code in ("required", "null") for detail in error.detail):
                raise
            raise ValidationError(str(error.detail[0]), code=self.code) from None


class Document(serializers.DictField):
    """Any JSON object."""


class Kind(serializers.Field):
    """The constant that names an answer's kind."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(source="*", read_only=True)
        set_override(self, "field", {"type": "string", "const": name})

    def to_representation(self, value: Any) -> str:
        return self.name


class Points(serializers.FloatField):
    """A fraction of an answer in percentage points; null where unknown."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, "allow_null": True, **options})

    def to_representation(self, fraction: float) -> float:
        return float(points(fraction) or 0.0)


def shown(**options: Any) -> serializers.CharField:
    """A text of an answer."""
    return serializers.CharField(read_only=True, **options)


def dollars(**options: Any) -> serializers.DecimalField:
    """US dollars of an answer with nine decimals; null where they cannot be told."""
    return serializers.DecimalField(max_digits=None, decimal_places=9, read_only=True, allow_null=True, **options)


def identifier() -> serializers.CharField:
    return shown(source="public_id", help_text="Typed id.")


def versioned(**options: Any) -> serializers.CharField:
    """``slug@number`` of a versioned thing, as its own text says it."""
    return shown(**{"source": "*", **options})


OPEN_PAIR = serializers.ListField(
    child=serializers.FloatField(allow_null=True), min_length=2, max_length=2, allow_null=True, required=False,
    help_text="Only of a latency rule; an end that nothing bounds is null.",
)  # fmt: skip
PAIR = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True)
