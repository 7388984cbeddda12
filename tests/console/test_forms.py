"""Fields that several forms share."""

from __future__ import annotations

import pytest
from django import forms

from apps.console.forms import Reference, SlugField, json_object, pairs, part
from apps.kernel.errors import InvalidInput


class Asking(forms.Form):
    model = Reference(none="none", required=False)
    dataset = Reference()


def test_a_reference_offers_names_and_takes_any() -> None:
    form = Asking({"model": "never offered", "dataset": "x@1"})
    form.fields["model"].offer([("a@1", "a@1")])
    assert list(form.fields["model"].choices) == [("", "none"), ("a@1", "a@1")]
    assert form.is_valid()
    assert form.cleaned_data == {"model": "never offered", "dataset": "x@1"}


def test_a_reference_that_is_needed_is_asked_for() -> None:
    assert list(Asking({}).errors) == ["dataset"]


@pytest.mark.parametrize(("text", "value"), [("", {}), ("  \n", {}), ('{"a": [1, null]}', {"a": [1, None]})])
def test_json_is_read_as_an_object(text, value) -> None:
    assert json_object(text, field="parameters") == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1]", "body_not_object"),
        ("{", "json_syntax"),
        ('{"a": NaN}', "not_finite"),
        ('{"a": 1, "a": 2}', "duplicate_key"),
        ('{"a": "\\u0000"}', "nul_character"),
        ('{"a": ' + "[" * 65 + "]" * 65 + "}", "json_too_deep"),
    ],
)
def test_json_that_readers_would_read_differently_is_refused(text, code) -> None:
    with pytest.raises(InvalidInput) as refused:
        json_object(text, field="parameters")
    assert (refused.value.code, refused.value.where) == (code, {"field": "parameters"})


def test_pairs_are_read_with_their_blanks_off() -> None:
    assert pairs(" a = b ,c=d,, ", field="columns") == {"a": "b", "c": "d"}
    assert pairs("", field="columns") == {}


@pytest.mark.parametrize("text", ["a", "a=", "=b", "a=b,c"])
def test_half_a_pair_is_refused(text) -> None:
    with pytest.raises(InvalidInput) as refused:
        pairs(text, field="columns")
    assert refused.value.code == "value_invalid"


def test_a_slug_that_is_none_is_told_with_its_code() -> None:
    with pytest.raises(forms.ValidationError, match="slug_invalid"):
        SlugField().clean("two words")
    assert SlugField().clean("x" * 60) == "x" * 60


def test_a_field_knows_the_part_it_belongs_to() -> None:
    field = part("live", forms.CharField(required=False), is_asked=True)
    assert (field.part, field.is_asked) == ("live", True)
