"""An id and a number have one spelling each."""

from __future__ import annotations

import pytest

from apps.kernel.errors import NotFound
from apps.tenancy.ids import new_id, parse_number, parse_public_id, public_id


def test_a_typed_id_comes_back_as_it_went_out() -> None:
    identifier = new_id()
    assert parse_public_id("run", public_id("run", identifier)) == identifier
    assert public_id("run", identifier) == f"run_{identifier.hex}"


def test_ids_are_in_the_order_of_their_making() -> None:
    made = [new_id() for _ in range(100)]
    assert made == sorted(made)


@pytest.mark.parametrize(
    "spelled", ["card_{hex}", "run_{HEX}", "run_{hex}0", "{hex}", "run-{hex}", "run_", "run_{dashed}"]
)
def test_no_other_spelling_is_an_id(spelled: str) -> None:
    identifier = new_id()
    text = spelled.format(hex=identifier.hex, HEX=identifier.hex.upper(), dashed=identifier)
    with pytest.raises(NotFound):
        parse_public_id("run", text)


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("128", 128), ("99999999", 99_999_999)])
def test_a_number_is_read(text: str, number: int) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "0", "01", "-1", "1.0", " 1", "1\n", "١", "²", "100000000", "1e3"])
def test_no_other_spelling_is_a_number(text: str) -> None:
    assert parse_number(text) is None
