"""What every evaluator takes and gives."""

from __future__ import annotations

import math

import pytest

from apps.kernel.evaluators.contract import (
    DETAIL_LENGTH,
    Outcome,
    SettingsInvalid,
    as_share,
    is_path,
    lookup,
    refuse_unknown,
)


def test_a_detail_is_made_storable_and_cut() -> None:
    assert Outcome(0.0, detail="a\x00b\udfff").detail == "a\u2400b\ufffd"
    assert Outcome(0.0, detail="x" * 10_000).detail == "x" * DETAIL_LENGTH
    assert Outcome(1.0).detail == ""


@pytest.mark.parametrize(
    ("value", "share"),
    [
        (0, 0.0), (1, 1.0), (0.5, 0.5), (1 + 1e-6, 1.0), (-1e-6, 0.0), (True, 1.0),
        (1 + 2e-6, "out_of_range"), (-2e-6, "out_of_range"), (10**400, "out_of_range"),
        (math.nan, "not_finite"), (math.inf, "not_finite"), (-math.inf, "not_finite"),
    ],
)  # fmt: skip
def test_a_number_is_a_score_only_between_0_and_1(value: float, share: float | str) -> None:
    assert as_share(value) == share


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a", {"b": {"c": 0}}),
        ("a.b.c", 0),
        ("a.b.c.d", None),
        ("a.x", None),
        ("", None),
        ("d.e", "dotted"),
        ("f", None),
    ],
)
def test_a_dotted_path_is_looked_up(path: str, found: object) -> None:
    assert lookup({"a": {"b": {"c": 0}}, "d.e": "dotted", "d": {"e": "nested"}, "f": None}, path) == found


@pytest.mark.parametrize(
    ("value", "is_one"),
    [("a", True), ("a.b", True), ("", False), ("a.", False), (". ", False), (7, False), (None, False)],
)
def test_a_path_has_no_empty_step(value: object, is_one: bool) -> None:
    assert is_path(value) == is_one


def test_an_unknown_setting_is_named_with_the_known_ones() -> None:
    refuse_unknown({"a": 1}, frozenset({"a", "b"}))
    with pytest.raises(SettingsInvalid) as refused:
        refuse_unknown({"c" * 200: 1}, frozenset({"a", "b"}))
    assert refused.value.detail == f"'{'c' * 80}' is no setting here; known: a, b."
    with pytest.raises(SettingsInvalid, match="known: none"):
        refuse_unknown({"c": 1}, frozenset())
