"""Equal content has one spelling and one digest; different content has another."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel import digest

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_keys_are_sorted_blanks_left_out_and_letters_kept() -> None:
    assert (
        digest.canonical({"b": [1, 2.5, None, True], "a": "Zürich"}) == '{"a":"Zürich","b":[1,2.5,null,true]}'.encode()
    )


def test_the_digest_of_known_content_is_known() -> None:
    assert digest.of({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert digest.of_bytes(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_order_of_keys_does_not_matter_and_the_order_of_a_list_does() -> None:
    assert digest.of({"a": 1, "b": 2}) == digest.of({"b": 2, "a": 1})
    assert digest.of([1, 2]) != digest.of([2, 1])


def test_a_tuple_is_spelled_like_a_list() -> None:
    assert digest.of({"x": (1, (2,))}) == digest.of({"x": [1, [2]]})


@pytest.mark.parametrize(("value", "spelled"), [("1E+3", b'"1000"'), ("0.10", b'"0.10"'), ("1E-9", b'"0.000000001"')])
def test_a_decimal_is_a_string_without_an_exponent(value: str, spelled: bytes) -> None:
    assert digest.canonical(Decimal(value)) == spelled


def test_a_decimal_inside_a_list_inside_an_object_is_spelled_too() -> None:
    assert digest.canonical({"prices": [{"usd": Decimal("2.50")}]}) == b'{"prices":[{"usd":"2.50"}]}'


def test_a_list_of_plain_numbers_is_spelled_like_any_other() -> None:
    assert digest.canonical([[0.1, 2, True, None], [Decimal(1), 0.1]]) == b'[[0.1,2,true,null],["1",0.1]]'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_float_that_is_not_finite_has_no_spelling_however_deep_it_lies(value: float) -> None:
    with pytest.raises(ValueError, match="no JSON spelling"):
        digest.canonical({"scores": [{"value": value}]})


def test_a_value_that_json_does_not_know_is_refused() -> None:
    with pytest.raises(TypeError):
        digest.canonical({"when": object()})


@given(VALUES)
def test_what_was_spelled_reads_back_as_it_was(value: object) -> None:
    assert json.loads(digest.canonical(value)) == value


@given(VALUES)
def test_a_spelling_read_back_is_spelled_the_same(value: object) -> None:
    assert digest.canonical(json.loads(digest.canonical(value))) == digest.canonical(value)
