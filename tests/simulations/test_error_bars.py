"""The table of wrong passes: its cells as printed, and by a second count.

The second shares the formula of an interval alone with the first, which test_ordinary.py holds to the textbooks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import multinomial

from apps.kernel.statistics.flips import mcnemar_exact
from simulations import ordinary
from simulations.enumeration import beyond, chance, discordances
from simulations.error_bars import RULES, bootstrap, not_significant, tango, worst_pass

MARGINS = (0.01, 0.03)
# averages, t or Wald, Agresti–Min, Bonett–Price, Tango; rows as in docs/method.md, which prints the rest.
CHECKED = ("averages", "t or Wald", "Agresti–Min", "Bonett–Price", "Tango")
# First what a coarse walk over the disagreement found (statistics.md §4.1), then the largest there is.
PRINTED = {
    (10, 0.01): ((0.904, 0.904, 0.062, 0.030, 0.062), (0.904, 0.904, 0.063, 0.036, 0.063)),
    (25, 0.01): ((0.778, 0.778, 0.054, 0.045, 0.054), (0.778, 0.778, 0.054, 0.045, 0.054)),
    (50, 0.01): ((0.605, 0.605, 0.050, 0.050, 0.050), (0.605, 0.605, 0.052, 0.052, 0.052)),
    (100, 0.01): ((0.736, 0.366, 0.056, 0.048, 0.056), (0.736, 0.366, 0.056, 0.050, 0.056)),
    (10, 0.03): ((0.737, 0.737, 0.052, 0.040, 0.052), (0.737, 0.737, 0.053, 0.049, 0.053)),
    (25, 0.03): ((0.471, 0.467, 0.055, 0.049, 0.055), (0.474, 0.467, 0.055, 0.051, 0.055)),
    (50, 0.03): ((0.555, 0.218, 0.056, 0.048, 0.053), (0.555, 0.218, 0.056, 0.049, 0.053)),
    (100, 0.03): ((0.647, 0.195, 0.075, 0.049, 0.050), (0.647, 0.195, 0.075, 0.050, 0.050)),
}
MANY_ROWS = {
    (200, 0.01): ((0.677, 0.134, 0.134, 0.049, 0.052), (0.677, 0.134, 0.134, 0.050, 0.052)),
    (300, 0.01): ((0.647, 0.198, 0.056, 0.050, 0.051), (0.647, 0.198, 0.072, 0.050, 0.051)),
    (500, 0.01): ((0.616, 0.123, 0.123, 0.051, 0.051), (0.616, 0.123, 0.123, 0.053, 0.051)),
    (200, 0.03): ((0.606, 0.147, 0.067, 0.067, 0.059), (0.606, 0.147, 0.069, 0.069, 0.059)),
    (300, 0.03): ((0.587, 0.112, 0.112, 0.057, 0.052), (0.587, 0.112, 0.112, 0.058, 0.052)),
    (500, 0.03): ((0.568, 0.072, 0.067, 0.067, 0.050), (0.568, 0.077, 0.070, 0.070, 0.050)),
}


def assert_cells(n: int, margin: float, printed: tuple[float, ...], largest: tuple[float, ...]) -> None:
    for name, coarse, known in zip(CHECKED, printed, largest, strict=True):
        found = worst_pass(RULES[name], n, margin)
        assert found == pytest.approx(known, abs=6e-4), name
        assert found >= coarse - 6e-4, name


@pytest.mark.parametrize(("n", "margin"), PRINTED)
def test_each_cell_is_the_largest_there_is_and_never_below_the_coarse_one(n: int, margin: float) -> None:
    assert_cells(n, margin, *PRINTED[n, margin])


@pytest.mark.parametrize(("n", "margin"), MANY_ROWS)
def test_so_is_each_cell_of_many_rows(n: int, margin: float) -> None:
    assert_cells(n, margin, *MANY_ROWS[n, margin])


def row_by_row(interval: Callable[..., ordinary.Interval], n: int, margin: float, share: float) -> float:
    """The chance of a wrong pass from one interval at a time and scipy's multinomial."""
    lost, won = (share + margin) / 2, (share - margin) / 2
    passing = [
        (losses, wins, n - losses - wins)
        for losses in range(n + 1)
        for wins in range(n + 1 - losses)
        if interval((0, losses, wins, n - losses - wins), level=0.90).low >= -margin - 1e-9
    ]
    return float(multinomial.pmf(passing, n, [lost, won, 1 - share]).sum())


@pytest.mark.parametrize(
    ("name", "interval", "n", "margin", "coarse"),
    [
        ("Bonett–Price", ordinary.bonett_price, 10, 0.01, 0.030),
        ("Agresti–Min", ordinary.agresti_min, 50, 0.01, 0.050),
        ("Bonett–Price", ordinary.bonett_price, 10, 0.03, 0.040),
        ("Bonett–Price", ordinary.bonett_price, 25, 0.03, 0.049),
        ("Agresti–Min", ordinary.agresti_min, 300, 0.01, 0.056),
        ("t or Wald", ordinary.wald, 500, 0.03, 0.072),
    ],
)
def test_where_the_two_differ_a_second_count_finds_more_than_the_coarse_walk(
    name: str, interval: Callable[..., ordinary.Interval], n: int, margin: float, coarse: float
) -> None:
    """A share of disagreement at which the chance is larger is proof; both counts agree on it there."""
    rates = {
        share: chance(n, -margin, share, lambda losses, wins: RULES[name](losses, wins, n, margin))
        for share in discordances(margin, 100)
    }
    worst = max(rates, key=lambda share: rates[share])
    again = row_by_row(interval, n, margin, worst)
    assert again == pytest.approx(rates[worst], abs=1e-9)
    assert again > coarse + 1e-3


@pytest.mark.parametrize(("n", "margin", "rate"), [(268, 0.01, 0.068), (88, 0.03, 0.069)])
def test_tangos_own_test_is_worst_where_no_loss_first_passes(n: int, margin: float, rate: float) -> None:
    assert worst_pass(tango, n, margin) == pytest.approx(rate, abs=6e-4)


@pytest.mark.parametrize(("n", "margin", "coarse", "rate"), [(308, 0.01, 0.095, 0.0960), (104, 0.03, 0.097, 0.0987)])
def test_and_its_wrong_fails_are_nearly_a_tenth(n: int, margin: float, coarse: float, rate: float) -> None:
    worst = max(chance(n, -margin, share, beyond(n, margin, -1.6448536)) for share in discordances(margin, 100))
    assert worst == pytest.approx(rate, abs=6e-5)
    assert worst > coarse


def test_the_bootstrap_is_that_of_many_resamples() -> None:
    dice = np.random.Generator(np.random.Philox(1))
    for losses, wins in ((0, 0), (1, 1), (1, 3), (2, 5), (0, 3)):
        resampled = dice.multinomial(25, [losses / 25, wins / 25, 1 - (losses + wins) / 25], 200_000)
        below = float(np.mean((resampled[:, 1] - resampled[:, 0]) / 25 < -0.03 - 1e-9))
        assert abs(below - 0.05) > 0.003
        assert bool(bootstrap(np.array([losses]), np.array([wins]), 25, 0.03)[0]) == (below < 0.05)


@pytest.mark.parametrize("margin", MARGINS)
def test_a_difference_that_is_not_significant_proves_nothing(margin: float) -> None:
    assert worst_pass(RULES["not significant"], 50, margin) > 0.99


@pytest.mark.parametrize("margin", MARGINS)
def test_ours_stays_within_alpha(margin: float) -> None:
    assert worst_pass(RULES["ours"], 100, margin) <= 0.05


def test_not_significant_is_mcnemars_exact_test_of_the_kernel() -> None:
    losses, wins = (grid.ravel().astype(np.float64) for grid in np.meshgrid(np.arange(12), np.arange(12)))
    flags = not_significant(losses, wins, 40, 0.01)
    for lost, won, flag in zip(losses, wins, flags, strict=True):
        assert flag == (won > lost or mcnemar_exact(int(lost), int(won)) > 0.05)
