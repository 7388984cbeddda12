"""The largest chance of a tail, against sums of plain products over every table."""

from __future__ import annotations

import math

import numpy as np
import pytest

from apps.kernel.statistics.tango import score
from apps.kernel.statistics.worst_case import at_least, at_most, failing_value, passing_value

FINE = 1500


def chances(n: int, margin: float, *, most: float = 0.6) -> tuple[list[float], np.ndarray]:
    """The statistic of every table of n pairs, and its chance at each of many discordances, by plain products."""
    tables = [(losses, wins) for losses in range(n + 1) for wins in range(n + 1 - losses)]
    losses, wins = np.array(tables, dtype=float).T
    ways = np.array([math.comb(n, b) * math.comb(n - b, c) for b, c in tables], dtype=float)
    discordance = np.linspace(margin, most, FINE)[:, None]
    lost, won = (discordance + margin) / 2, (discordance - margin) / 2
    found = ways * lost**losses * won**wins * (1 - discordance) ** (n - losses - wins)
    return [score(b, c, n, -margin) for b, c in tables], found


@pytest.mark.parametrize("margin", [0.005, 0.03, 0.1, 0.3])
@pytest.mark.parametrize("n", [1, 2, 5, 13, 28])
def test_no_discordance_gives_a_larger_chance_than_the_one_found(n: int, margin: float) -> None:
    statistics, found = chances(n, margin)
    for z in sorted(statistics)[:: max(1, len(statistics) // 25)]:
        above = float(found[:, [value >= z - 1e-9 for value in statistics]].sum(axis=1).max())
        below = float(found[:, [value <= z + 1e-9 for value in statistics]].sum(axis=1).max())
        assert above - 1e-12 <= at_least(z, n, margin) <= above + 1e-5
        assert below - 1e-12 <= at_most(z, n, margin) <= below + 1e-5


@pytest.mark.parametrize("margin", [0.01, 0.05, 0.1, 0.7])
@pytest.mark.parametrize("n", [3, 12, 28])
def test_the_turning_values_are_the_first_that_are_rare_enough(n: int, margin: float) -> None:
    statistics = sorted({score(b, c, n, -margin) for b in range(n + 1) for c in range(n + 1 - b)})
    for alpha in (0.05, 0.025):
        passing = [z for z in statistics if at_least(z, n, margin) <= alpha]
        failing = [z for z in statistics if at_most(z, n, margin) <= alpha]
        assert passing_value(n, margin, alpha) == pytest.approx(min(passing, default=None), abs=2e-9)
        assert failing_value(n, margin, alpha) == pytest.approx(max(failing, default=None), abs=2e-9)


def test_one_pair_can_neither_pass_nor_fail() -> None:
    assert passing_value(1, 0.03, 0.05) is None
    assert failing_value(1, 0.03, 0.05) is None


def test_the_peak_between_two_steps_of_a_coarse_grid_is_found() -> None:
    """5 lost and 5 won of 294 at two points: 60 steps see a chance just below 0.05, the highest is above."""
    assert at_least(score(5, 5, 294, -0.02), 294, 0.02) == pytest.approx(0.0500310, abs=5e-7)


@pytest.mark.parametrize(("n", "margin"), [(299, 0.01), (99, 0.03)])
def test_no_loss_and_no_win_has_the_chance_of_no_loss(n: int, margin: float) -> None:
    assert at_least(score(0, 0, n, -margin), n, margin) == pytest.approx((1 - margin) ** n, rel=1e-11)


def test_beyond_the_discordance_looked_at_nothing_is_promised() -> None:
    """25 pairs at five points, models at odds on every row: the promise covers discordances up to 0.6."""
    statistics, found = chances(25, 0.05, most=1.0)
    judged = [z >= passing_value(25, 0.05, 0.05) for z in statistics]  # type: ignore[operator]
    sizes = found[:, judged].sum(axis=1)
    discordance = np.linspace(0.05, 1.0, FINE)
    assert float(sizes[discordance <= 0.6].max()) <= 0.05
    assert float(sizes.max()) == pytest.approx(0.0731, abs=1e-4)
