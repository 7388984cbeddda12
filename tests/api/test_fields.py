"""Request fields take JSON's own types and nothing that only looks like them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.api.fields import Amount, Asked, Flag, Kind, Points, Slug, Text, Whole


class Shape(Asked):
    slug = Slug()
    name = Text(required=False)


@pytest.mark.parametrize(
    ("field", "given", "value"),
    [
        (Text(), " a ", " a "),
        (Slug(), "a-B_9", "a-B_9"),
        (Slug(), "x" * 60, "x" * 60),
        (Whole(), 7, 7),
        (Flag(), True, True),
        (Amount(), "0.15", Decimal("0.15")),
        (Amount(), 5, Decimal(5)),
        (Amount(), 0.1, Decimal("0.1")),
    ],
)
def test_the_right_type_is_taken(field: serializers.Field, given: Any, value: Any) -> None:
    assert field.run_validation(given) == value


@pytest.mark.parametrize(
    ("field", "given", "code"),
    [
        (Text(), 7, "invalid"),
        (Text(), True, "invalid"),
        (Text(), "x" * 201, "max_length"),
        (Slug(), "two words", "slug_invalid"),
        (Slug(), "", "slug_invalid"),
        (Slug(), "a\n", "slug_invalid"),
        (Slug(), "é", "slug_invalid"),
        (Slug(), "x" * 61, "slug_invalid"),
        (Slug(), 7, "slug_invalid"),
        (Slug(), None, "null"),
        (Whole(), "7", "invalid"),
        (Whole(), 7.0, "invalid"),
        (Whole(), True, "invalid"),
        (Flag(), "yes", "invalid"),
        (Flag(), 1, "invalid"),
        (Amount(), "free", "price_invalid"),
        (Amount(), "NaN", "price_invalid"),
        (Amount(), "Infinity", "price_invalid"),
        (Amount(), True, "price_invalid"),
        (Amount(), [1], "price_invalid"),
        (Amount(), "0.00000001", "price_invalid"),
        (Amount(), None, "null"),
    ],
)
def test_every_other_type_is_refused(field: serializers.Field, given: Any, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        field.run_validation(given)
    assert refused.value.detail[0].code == code


def test_a_shape_names_what_it_does_not_know() -> None:
    shape = Shape(data={"slug": "a", "nmae": "x", "id": "y", "zzz": 1})
    assert not shape.is_valid()
    assert {name: (errors[0].code, str(errors[0])) for name, errors in shape.errors.items()} == {
        "nmae": ("field_unknown", "'nmae' is no field here; did you mean 'name'?"),
        "id": ("field_read_only", "'id' is set by us, never by a request."),
        "zzz": ("field_unknown", "'zzz' is no field here; known are: slug, name."),
    }


def test_a_kind_is_a_constant() -> None:
    class Answer(serializers.Serializer):
        object = Kind("thing")

    assert Answer({}).data == {"object": "thing"}


def test_a_fraction_is_answered_in_points_and_the_unknown_as_null() -> None:
    class Answer(serializers.Serializer):
        margin_pp = Points(source="margin")

    assert Answer({"margin": 0.03}).data == {"margin_pp": 3.0}
    assert Answer({"margin": 0.1 + 0.2}).data == {"margin_pp": 30.0}
    assert Answer({"margin": None}).data == {"margin_pp": None}
