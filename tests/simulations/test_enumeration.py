"""Chances summed over every table: the odds of each verdict, as printed in statistics.md §4.4."""

from __future__ import annotations

import math

import pytest
from scipy.stats import multinomial

from apps.kernel.statistics.paired import critical_values, noninferiority, tango_z
from simulations.enumeration import beyond, chance, discordances

Odds = tuple[float, float, float]
DELTAS = (0.02, 0.0, None, -0.05, -0.10)
NORMAL = 1.6448536269514722
# Pass, inconclusive, fail at a true difference of +2 pt, 0, −M, −5 pt, −10 pt.
COUNTED: dict[tuple[int, float, float], tuple[Odds | None, ...]] = {
    (15, 0.01, 0.1): ((0.03, 0.96, 0), (0.02, 0.98, 0), (0.01, 0.98, 0), (0, 0.98, 0.02), (0, 0.94, 0.06)),
    (25, 0.01, 0.1): ((0.07, 0.92, 0), (0.04, 0.95, 0.01), (0.03, 0.95, 0.02), (0, 0.93, 0.07), (0, 0.76, 0.24)),
    (300, 0.03, 0.05): ((0.98, 0.02, 0), (0.68, 0.32, 0), (0.04, 0.92, 0.05), (0, 0.46, 0.54), None),
    (300, 0.03, 0.1): ((0.84, 0.16, 0), (0.46, 0.54, 0), (0.04, 0.91, 0.05), (0, 0.70, 0.29), (0, 0, 1)),
    (500, 0.03, 0.05): ((1, 0, 0), (0.89, 0.11, 0), (0.05, 0.92, 0.03), (0, 0.31, 0.69), None),
    (500, 0.03, 0.1): ((0.97, 0.03, 0), (0.67, 0.33, 0), (0.05, 0.92, 0.04), (0, 0.64, 0.36), (0, 0, 1)),
}
BY_THE_NORMAL: dict[tuple[int, float, float], tuple[Odds | None, ...]] = {
    (1000, 0.03, 0.1): ((1, 0, 0), (0.91, 0.09, 0), (0.05, 0.90, 0.05), (0, 0.33, 0.67), (0, 0, 1)),
    (3000, 0.01, 0.05): ((1, 0, 0), (0.78, 0.22, 0), (0.05, 0.90, 0.05), (0, 0, 1), None),
}


def odds(n: int, margin: float, share: float, delta: float, passing: float, failing: float) -> Odds:
    passed = chance(n, delta, share, beyond(n, margin, passing))
    failed = chance(n, delta, share, beyond(n, margin, -failing))
    return passed, 1 - passed - failed, failed


def assert_row(
    n: int, margin: float, share: float, known: tuple[Odds | None, ...], values: tuple[float, float]
) -> None:
    for delta, printed in zip(DELTAS, known, strict=True):
        if printed is not None:
            found = odds(n, margin, share, -margin if delta is None else delta, *values)
            assert found == pytest.approx(printed, abs=5.5e-3), delta


@pytest.mark.parametrize(("n", "margin", "share"), COUNTED)
def test_verdicts_of_the_counted_test_have_the_known_odds(n: int, margin: float, share: float) -> None:
    assert_row(n, margin, share, COUNTED[n, margin, share], critical_values(n, margin))


@pytest.mark.parametrize(("n", "margin", "share"), BY_THE_NORMAL)
def test_so_have_those_by_the_normal_reading_of_many_rows(n: int, margin: float, share: float) -> None:
    assert_row(n, margin, share, BY_THE_NORMAL[n, margin, share], (NORMAL, NORMAL))


def test_counting_asks_for_a_little_more_than_the_normal_reading() -> None:
    counted = odds(1000, 0.03, 0.1, -0.05, *critical_values(1000, 0.03))
    assert counted == pytest.approx((0.0, 0.355, 0.645), abs=5.5e-4)


@pytest.mark.parametrize("n", [3, 12])
def test_a_chance_is_that_of_scipys_multinomial(n: int) -> None:
    tables = [(losses, wins) for losses in range(n + 1) for wins in range(n + 1 - losses)]
    judged = [(b, c, n - b - c) for b, c in tables if tango_z(b, c, n, -0.1) >= 0.5]
    expected = multinomial.pmf(judged, n, [0.2, 0.1, 0.7]).sum()
    assert chance(n, -0.1, 0.3, beyond(n, 0.1, 0.5)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("table", "rows"), [((5, 5), 589), ((3, 0), 759)])
def test_one_row_more_than_printed_is_needed_by_two_counts(table: tuple[int, int], rows: int) -> None:
    """589 rows were printed for 5 lost and 5 won at 1 pt, and more than 759 for 3 lost: at neither do they pass.

    One share of disagreement with a chance above 5 % is proof enough.
    """
    z = tango_z(*table, rows, -0.01)
    worst = max(chance(rows, -0.01, share, beyond(rows, 0.01, z)) for share in discordances(0.01, 400, most=0.2))
    assert worst > 0.05
    assert noninferiority(*table, rows, margin=0.01).p_pass == pytest.approx(worst, abs=2e-6)
    assert noninferiority(*table, rows, margin=0.01).p_pass >= worst - 1e-12


def test_shares_of_disagreement_begin_at_the_margin() -> None:
    """Below it such a loss is not possible."""
    shares = discordances(0.03, 60)
    assert math.isclose(shares[0], 0.03)
    assert math.isclose(shares[-1], 0.6)
