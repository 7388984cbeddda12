"""The largest chance of a tail, against sums of plain products over every table."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import gammaln, ndtri, xlogy

from apps.kernel.statistics.critical import passing_value
from apps.kernel.statistics.paired import critical_values
from apps.kernel.statistics.tango import score, scores
from apps.kernel.statistics.worst_case import at_least, at_most, both

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


def test_the_peak_between_two_steps_of_a_coarse_grid_is_found() -> None:
    """5 lost and 5 won of 294 at two points: 60 steps see a chance just below 0.05, the highest is above."""
    assert at_least(score(5, 5, 294, -0.02), 294, 0.02) == pytest.approx(0.0500310, abs=5e-7)


@pytest.mark.parametrize(("losses", "wins", "n"), [(0, 0, 25), (6, 2, 200), (3, 3, 300), (12, 3, 620), (40, 20, 2500)])
@pytest.mark.parametrize("margin", [0.01, 0.03])
def test_both_tails_together_are_each_alone_to_the_last_digit(losses: int, wins: int, n: int, margin: float) -> None:
    z = score(losses, wins, n, -margin)
    assert both(z, n, margin) == (at_least(z, n, margin), at_most(z, n, margin))


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


def worst_chance(n: int, margin: float, *, least: float = -math.inf, most: float = math.inf) -> float:
    """The largest chance, at a loss of exactly the margin, of a table whose statistic lies in this range.

    Adds plain products of probabilities over every table, at 1,000 discordances up to 0.6: another route than the
    code's, which sums binomial tails and climbs to the peak.
    """
    losses, wins = (count.astype(float) for count in np.nonzero(np.tri(n + 1, dtype=bool)[::-1]))
    statistics = scores(losses, wins, n, -margin)
    counted = (statistics >= least - 1e-9) & (statistics <= most + 1e-9)
    losses, wins, ties = losses[counted], wins[counted], (n - losses - wins)[counted]
    ways = gammaln(n + 1) - gammaln(losses + 1) - gammaln(wins + 1) - gammaln(ties + 1)
    worst = 0.0
    for discordance in np.geomspace(margin, 0.6, 1000):
        lost, won = (discordance + margin) / 2, max((discordance - margin) / 2, 0.0)
        chances = np.exp(ways + xlogy(losses, lost) + xlogy(wins, won) + xlogy(ties, 1 - discordance))
        worst = max(worst, float(chances.sum()))
    return worst


@pytest.mark.parametrize(("losses", "wins", "n"), [(6, 2, 200), (3, 3, 300), (31, 6, 412), (20, 25, 500)])
@pytest.mark.parametrize("margin", [0.01, 0.03])
def test_plain_sums_over_many_rows_give_the_same(losses: int, wins: int, n: int, margin: float) -> None:
    z = score(losses, wins, n, -margin)
    assert at_least(z, n, margin) == pytest.approx(worst_chance(n, margin, least=z), abs=2e-6)
    assert at_most(z, n, margin) == pytest.approx(worst_chance(n, margin, most=z), abs=2e-6)


def assert_at_most_five_in_a_hundred_are_wrong(n: int, margin: float) -> None:
    """At a loss of exactly the margin, where a PASS is wrong and a FAIL is too."""
    passing, failing = critical_values(n, margin)
    assert worst_chance(n, margin, least=passing) <= 0.05
    assert worst_chance(n, margin, most=-failing) <= 0.05


@pytest.mark.parametrize("margin", [0.01, 0.03, 0.05, 0.1])
@pytest.mark.parametrize("n", [5, 15, 25, 50])
def test_at_most_five_in_a_hundred_are_judged_wrongly_at_the_margin(n: int, margin: float) -> None:
    assert_at_most_five_in_a_hundred_are_wrong(n, margin)


@pytest.mark.slow
@pytest.mark.parametrize("margin", [0.005, 0.01, 0.02, 0.03, 0.05, 0.1])
@pytest.mark.parametrize("n", [77, 88, 99, 100, 104, 200, 268, 299, 308])
def test_at_most_five_in_a_hundred_are_judged_wrongly_on_many_rows(n: int, margin: float) -> None:
    """Among them the sizes at which the plain statistic is worst: n = 268 and 308 at one point, 88 and 104 at three."""
    assert_at_most_five_in_a_hundred_are_wrong(n, margin)


@pytest.mark.parametrize(("n", "margin", "wrong"), [(268, 0.01, 0.068), (88, 0.03, 0.069)])
def test_the_normal_critical_value_alone_would_pass_too_many(n: int, margin: float, wrong: float) -> None:
    """Why the p-value is counted: the printed worst cases of the plain statistic."""
    assert worst_chance(n, margin, least=float(ndtri(0.95))) == pytest.approx(wrong, abs=5.1e-4)


@pytest.mark.parametrize(
    ("n", "margin"),
    [
        (620, 0.005),
        *(
            pytest.param(*place, marks=pytest.mark.slow)
            for place in ((620, 0.01), (620, 0.03), (550, 0.005), (550, 0.01), (550, 0.03))
        ),
    ],
)
def test_at_most_five_in_a_hundred_are_judged_wrongly_above_the_surveyed_rows(n: int, margin: float) -> None:
    """Where the normal reading fails 9.8 % wrongly: 620 rows at half a point."""
    assert_at_most_five_in_a_hundred_are_wrong(n, margin)


@pytest.mark.slow
def test_far_places_are_left_out_only_where_they_cannot_be_the_highest() -> None:
    """Every discordance against the few that are looked at: the same chance, but for those nobody asks about."""
    for n, losses, wins in ((620, 12, 3), (900, 27, 12)):
        z = score(losses, wins, n, -0.01)
        for found, bounds in ((at_least(z, n, 0.01), {"least": z}), (at_most(z, n, 0.01), {"most": z})):
            plain = worst_chance(n, 0.01, **bounds)
            assert found == pytest.approx(plain, abs=2e-5 if plain <= 0.25 else 3e-3), (n, losses, wins)
