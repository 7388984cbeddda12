"""Shrinkage towards the mean: two figures worked by hand, an oracle that searches, and why it may never judge."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.shrinkage import Shrinkage, shrink

FIGURES = st.lists(st.tuples(st.floats(-1, 1), st.floats(0.01, 1)), min_size=1, max_size=12)


def naive(figures: list[tuple[float, float]]) -> tuple[float, float, list[float]]:
    """τ² by the moment it is defined by: the expected Q at τ² is the observed one, found by bisection in whole sums.

    E Q(τ²) = Σ wᵢ(vᵢ + τ²)(1 − wᵢ/Σw), the variance of a figure around the weighted mean, written out.
    """
    weights = [1 / error**2 for _, error in figures]
    total = sum(weights)
    centre = sum(weight * value for weight, (value, _) in zip(weights, figures, strict=True)) / total
    observed = sum(weight * (value - centre) ** 2 for weight, (value, _) in zip(weights, figures, strict=True))

    def expected(tau2: float) -> float:
        spreads = [error**2 + tau2 for _, error in figures]
        around = [
            (1 - 2 * weights[i] / total) * spreads[i]
            + sum(w**2 * s for w, s in zip(weights, spreads, strict=True)) / total**2
            for i in range(len(figures))
        ]
        return sum(weight * one for weight, one in zip(weights, around, strict=True))

    low, high = 0.0, 100.0
    if len(figures) == 1 or expected(0.0) >= observed:
        high = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if expected(middle) < observed else (low, middle)
    tau2 = high
    precise = [1 / (error**2 + tau2) for _, error in figures]
    mean = sum(p * value for p, (value, _) in zip(precise, figures, strict=True)) / sum(precise)
    return tau2, mean, [(tau2 * value + error**2 * mean) / (tau2 + error**2) for value, error in figures]


def test_three_figures_of_one_spread_worked_by_hand() -> None:
    """se² = .01, w = 100: Q = 100·(.09 + 0 + .09) = 18, C = 300 − 30000/300 = 200, τ² = (18 − 2)/200 = .08."""
    found = shrink([(-0.3, 0.1), (0.0, 0.1), (0.3, 0.1)])
    assert found.tau2 == pytest.approx(0.08)
    assert found.mean == pytest.approx(0.0)
    assert [one.value for one in found.figures] == pytest.approx([-0.3 * 8 / 9, 0.0, 0.3 * 8 / 9])
    assert [one.weight for one in found.figures] == pytest.approx([8 / 9] * 3)
    assert found.figures[0].spread == pytest.approx(math.sqrt(0.01 * 8 / 9 + (1 / 9) ** 2 * 0.09 / 3))


def test_unequal_spreads_worked_by_hand() -> None:
    """se² = .01 and .04, w = 100 and 25: mean −.18, Q = 100·.0004 + 25·.0064·... = .2, below k − 1: no variance."""
    found = shrink([(-0.2, 0.1), (-0.1, 0.2)])
    assert (found.tau2, found.mean) == (0.0, pytest.approx(-0.18))
    assert [one.value for one in found.figures] == [found.mean, found.mean]
    assert [one.weight for one in found.figures] == [0.0, 0.0]
    assert found.figures[0].spread == pytest.approx(math.sqrt(1 / 125))


def test_one_figure_is_its_own_mean() -> None:
    found = shrink([(-0.07, 0.03)])
    assert (found.mean, found.tau2, found.figures[0].value) == (-0.07, 0.0, pytest.approx(-0.07))
    assert found.figures[0].spread == pytest.approx(0.03)


@given(FIGURES)
def test_the_closed_form_is_where_the_expected_heterogeneity_is_the_observed_one(
    figures: list[tuple[float, float]],
) -> None:
    found, (tau2, mean, values) = shrink(figures), naive(figures)
    assert found.tau2 == pytest.approx(tau2, abs=1e-7)
    assert found.mean == pytest.approx(mean, abs=1e-6)
    assert [one.value for one in found.figures] == pytest.approx(values, abs=1e-5)


@given(FIGURES)
def test_a_figure_moves_towards_the_mean_and_never_past_it(figures: list[tuple[float, float]]) -> None:
    found: Shrinkage = shrink(figures)
    for (observed, error), one in zip(figures, found.figures, strict=True):
        low, high = sorted([observed, found.mean])
        assert low - 1e-9 <= one.value <= high + 1e-9
        assert 0 <= one.weight <= 1
        assert one.spread >= 0
        assert found.tau2 > 0 or one.spread <= error + 1e-9
    again = shrink(figures[::-1])
    assert (again.mean, again.tau2) == pytest.approx((found.mean, found.tau2), abs=1e-9)


def test_a_small_cohort_does_not_come_first_for_being_small() -> None:
    """Ten of a hundred lost in a large cohort against one of two in a tiny one."""
    large, tiny, rest = (-0.10, 0.03), (-0.50, 0.35), [(0.0, 0.02)] * 6
    found = shrink([large, tiny, *rest])
    assert found.figures[0].value < found.figures[1].value < 0


def test_a_gate_that_read_it_would_clear_a_cohort_that_lost_five_points() -> None:
    """statistics.md §0.7: one cohort truly at −5 pp among nine fine ones, 15 rows each, a limit of 1 pp."""
    dice = np.random.Generator(np.random.Philox(7))
    cleared = 0
    for _ in range(300):
        losses = [*dice.binomial(15, 0.02, size=9), dice.binomial(15, 0.06)]
        wins = [*dice.binomial(15, 0.02, size=9), dice.binomial(15, 0.01)]
        deltas = [(won - lost) / 15 for won, lost in zip(wins, losses, strict=True)]
        found = shrink([(delta, math.sqrt(0.04 / 15)) for delta in deltas])
        cleared += found.figures[-1].value > -0.01
    assert cleared / 300 > 0.4  # a proof may be wrong in 5 of 100


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        ([], "no_rows"),
        ([(math.nan, 0.1)], "not_finite"),
        ([(0.1, math.inf)], "not_finite"),
        ([(0.1, 0.0)], "spread_not_positive"),
    ],
)
def test_what_cannot_be_drawn_together_is_refused(figures: list[tuple[float, float]], code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        shrink(figures)
    assert refused.value.code == code
