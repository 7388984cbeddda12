"""Many claims of harm at once are paid for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_the_smallest_is_multiplied_by_all_the_next_by_one_less() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02), abs=1e-15)


def test_nothing_becomes_more_than_certain() -> None:
    assert holm([0.6, 0.9, 0.5]) == (1.0, 1.0, 1.0)


def test_one_claim_costs_nothing_and_none_gives_none() -> None:
    assert holm([0.037]) == (0.037,)
    assert holm([]) == ()


def test_equal_values_are_adjusted_alike() -> None:
    assert holm([0.02, 0.02]) == pytest.approx((0.04, 0.04), abs=1e-15)


@given(P_VALUES)
def test_an_adjusted_value_is_never_smaller_and_never_above_bonferroni(values: list[float]) -> None:
    for raw, adjusted in zip(values, holm(values), strict=True):
        assert raw <= adjusted <= min(1.0, len(values) * raw) + 1e-12


@given(P_VALUES)
def test_the_order_of_the_claims_stays(values: list[float]) -> None:
    adjusted = holm(values)
    for one in range(len(values)):
        for other in range(len(values)):
            if values[one] < values[other]:
                assert adjusted[one] <= adjusted[other]


@given(P_VALUES)
def test_the_order_given_does_not_matter(values: list[float]) -> None:
    assert holm(values[::-1])[::-1] == pytest.approx(holm(values), abs=1e-15)


def test_benjamini_and_hochberg_multiply_the_largest_by_one() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.02, 0.04, 0.04, 0.02), abs=1e-15)
    assert benjamini_hochberg([]) == ()
    assert benjamini_hochberg([0.2]) == (0.2,)


@given(P_VALUES)
def test_a_look_is_never_dearer_than_a_verdict_and_never_cheaper_than_the_raw_value(values: list[float]) -> None:
    for raw, look, verdict in zip(values, benjamini_hochberg(values), holm(values), strict=True):
        assert raw - 1e-15 <= look <= verdict + 1e-12
