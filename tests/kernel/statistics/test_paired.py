"""Paired binary scores: known limits, known p-values, and a verdict that agrees with the drawn interval."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.paired import (
    calibrated_interval,
    critical_values,
    drawn_interval,
    noninferiority,
    tango_interval,
    tango_z,
)

Table = tuple[int, int, int]


def tables(most: int) -> st.SearchStrategy[Table]:
    return tables_of(st.integers(1, most))


def tables_of(sizes: st.SearchStrategy[int]) -> st.SearchStrategy[Table]:
    return sizes.flatmap(
        lambda n: st.integers(0, n).flatmap(
            lambda losses: st.tuples(st.just(losses), st.integers(0, n - losses), st.just(n))
        )
    )


@pytest.mark.parametrize(
    ("losses", "wins", "n", "level", "low", "high"),
    [
        (1, 7, 21, 0.95, 0.0260, 0.5172),
        (1, 7, 21, 0.90, 0.0746, 0.4816),
        (6, 16, 161, 0.95, 0.0054, 0.1240),
        (40, 20, 160, 0.95, -0.2181, -0.0309),
        (150, 86, 1600, 0.95, -0.0590, -0.0214),
        (0, 0, 25, 0.95, -0.1332, 0.1332),
        (0, 0, 25, 0.90, -0.0977, 0.0977),
        (6, 2, 200, 0.95, -0.0553, 0.0097),
        (6, 2, 200, 0.90, -0.0483, 0.0039),
        (0, 0, 1, 0.90, -0.7301, 0.7301),
        (1, 0, 1, 0.90, -1.0, 0.4603),
        (31, 6, 412, 0.90, -0.0865, -0.0380),
    ],
)
def test_known_tables_have_the_known_limits(
    losses: int, wins: int, n: int, level: float, low: float, high: float
) -> None:
    found = tango_interval(losses, wins, n, level=level)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5.1e-5)
    assert found.level == level


@pytest.mark.parametrize("n", [1, 2, 25, 300, 5000])
def test_all_ties_have_the_closed_width_and_never_none(n: int) -> None:
    z = ndtri(0.95)
    found = tango_interval(0, 0, n)
    assert (found.low, found.high) == pytest.approx((-(z**2) / (n + z**2), z**2 / (n + z**2)), abs=1e-12)


@given(tables(300))
def test_at_no_difference_the_statistic_is_mcnemars(table: Table) -> None:
    losses, wins, n = table
    expected = (wins - losses) / math.sqrt(losses + wins) if losses + wins else 0.0
    assert tango_z(losses, wins, n, 0.0) == pytest.approx(expected, abs=1e-9)


@given(tables(300), st.floats(-0.99, 0.99))
def test_swapping_the_models_turns_the_statistic_around(table: Table, delta: float) -> None:
    losses, wins, n = table
    assert tango_z(losses, wins, n, delta) == pytest.approx(-tango_z(wins, losses, n, -delta), rel=1e-6, abs=1e-6)


@given(tables(300))
def test_swapping_the_models_mirrors_the_interval(table: Table) -> None:
    losses, wins, n = table
    there, back = tango_interval(losses, wins, n), tango_interval(wins, losses, n)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)


@given(tables(300), st.sampled_from([0.5, 0.9, 0.95]))
def test_the_limits_are_where_the_statistic_reaches_its_quantile(table: Table, level: float) -> None:
    losses, wins, n = table
    found, z = tango_interval(losses, wins, n, level=level), ndtri((1 + level) / 2)
    assert -1 <= found.low <= (wins - losses) / n <= found.high <= 1
    if found.low > -1:
        assert tango_z(losses, wins, n, found.low) == pytest.approx(z, abs=1e-5)
    if found.high < 1:
        assert tango_z(losses, wins, n, found.high) == pytest.approx(-z, abs=1e-5)


KNOWN = [
    (0.01, (6, 2, 200), (0.858034, 0.858034), (0.252015, 0.252596)),
    (0.01, (3, 3, 300), (0.197650, 0.197650), (0.878259, 0.878315)),
    (0.01, (0, 0, 25), (0.777821, 0.777821), (1.0, 1.0)),
    (0.03, (6, 2, 200), (0.291774, 0.293767), (0.756301, 0.757632)),
    (0.03, (3, 3, 300), (0.004844, 0.004846), (0.999020, 0.999020)),
    (0.03, (0, 0, 25), (0.466975, 0.466975), (1.0, 1.0)),
    (0.03, (31, 6, 412), (0.987321, 0.987321), (0.014997, 0.015176)),
]
Printed = tuple[float, float]


@pytest.mark.parametrize(("margin", "table", "p_pass", "p_fail"), KNOWN)
def test_known_tables_have_the_known_p_values(margin: float, table: Table, p_pass: Printed, p_fail: Printed) -> None:
    """First the value printed from sixty discordances, then the highest of all: never lower, and found here."""
    found = noninferiority(*table, margin=margin)
    assert found.exact
    for ours, (printed, highest) in ((found.p_pass, p_pass), (found.p_fail, p_fail)):
        assert ours == pytest.approx(highest, abs=6e-7)
        assert ours >= printed - 6e-7


@pytest.mark.parametrize("n", [1, 5, 20])
def test_all_rows_lost_leave_a_width_and_fail_as_soon_as_that_is_rare(n: int) -> None:
    test = noninferiority(n, 0, n, margin=0.03)
    for found in (tango_interval(n, 0, n), drawn_interval(n, 0, n), calibrated_interval(n, 0, n, margin=0.03)):
        assert found.low == -1.0
        assert found.high > -1.0
    # The chance that each row is lost, at the disagreement of 0.6 that favours it most.
    assert test.p_fail == pytest.approx(0.315**n, rel=1e-9)
    assert test.p_pass == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(("margin", "n"), [(0.01, 25), (0.03, 25), (0.03, 99), (0.01, 299), (0.1, 10)])
def test_no_loss_and_no_win_has_exactly_the_chance_of_no_loss(margin: float, n: int) -> None:
    assert noninferiority(0, 0, n, margin=margin).p_pass == pytest.approx((1 - margin) ** n, rel=1e-12)
    assert noninferiority(0, 0, n, margin=margin).p_fail == pytest.approx(1.0, abs=1e-12)


PASSING = {
    15: (1.7136, 1.7605, 1.7238, 1.7287),
    25: (1.7414, 1.7189, 1.6903, 1.6521),
    50: (1.6774, 1.6887, 1.6764, 1.6601),
    100: (1.6848, 1.6682, 1.6564, 1.6573),
    200: (1.6643, 1.6548, 1.6585, 1.6477),
    300: (1.6528, 1.6502, 1.6925, 1.6493),
    500: (1.6536, 1.6506, 1.6489, 1.6491),
}
FAILING = {
    25: (1.7339, 1.7551, 1.7140, 1.7707),
    100: (1.7352, 1.7255, 1.7434, 1.8373),
    300: (1.7493, 1.6653, 1.6934, 1.6698),
}
MARGINS = (0.01, 0.02, 0.03, 0.05)
# The worst discordance lies between two steps of the printed grid here: 1.6573 and not 1.6536.
BETWEEN_STEPS = (500, 0.01)


@pytest.mark.parametrize("n", sorted(PASSING))
def test_passing_takes_the_known_critical_value(n: int) -> None:
    for margin, known in zip(MARGINS, PASSING[n], strict=True):
        expected = 1.6573 if (n, margin) == BETWEEN_STEPS else known
        assert critical_values(n, margin)[0] == pytest.approx(expected, abs=5.1e-5)


@pytest.mark.parametrize("n", sorted(FAILING))
def test_failing_takes_the_known_critical_value(n: int) -> None:
    for margin, known in zip(MARGINS, FAILING[n], strict=True):
        assert critical_values(n, margin)[1] == pytest.approx(known, abs=5.1e-5)


SMALLEST_PASSING = {
    (0, 0): (299, 149, 99, 59, 29),
    (1, 0): (473, 236, 157, 93, 46),
    (2, 2): (426, 213, 141, 84, 41),
    (3, 0): (773, 386, 257, 153, 76),
    (5, 5): (590, 294, 196, 117, 57),
}


@pytest.mark.parametrize(("losses", "wins"), sorted(SMALLEST_PASSING))
def test_a_table_first_passes_at_the_known_number_of_rows(losses: int, wins: int) -> None:
    for margin, rows in zip((0.01, 0.02, 0.03, 0.05, 0.10), SMALLEST_PASSING[losses, wins], strict=True):
        # The known rows were found over a coarse grid of discordances; the true worst case may ask for one more.
        assert noninferiority(losses, wins, rows + 1, margin=margin).p_pass <= 0.05
        assert noninferiority(losses, wins, rows - 1, margin=margin).p_pass > 0.05


@pytest.mark.parametrize(
    ("table", "margin", "p_pass", "p_fail"),
    [
        ((7, 1, 620), 0.005, 0.906178, 0.151857),
        ((20, 15, 501), 0.03, 0.052603, 0.965147),
        ((9, 2, 900), 0.01, 0.328267, 0.726265),
    ],
)
def test_above_500_rows_tables_are_counted_too(table: Table, margin: float, p_pass: float, p_fail: float) -> None:
    """The normal reading would fail 9.8 % of the students exactly at half a point with 620 rows."""
    found = noninferiority(*table, margin=margin)
    assert found.exact
    assert (found.p_pass, found.p_fail) == pytest.approx((p_pass, p_fail), abs=6e-7)


def test_above_2000_rows_the_p_value_is_called_near() -> None:
    assert not noninferiority(20, 15, 2001, margin=0.03).exact


@pytest.mark.parametrize("n", [5000, 100_000])
def test_of_many_rows_it_comes_close_to_the_normal_reading(n: int) -> None:
    losses, wins = round(0.042 * n), round(0.012 * n) + round(1.7 * math.sqrt(0.054 * n))
    z = tango_z(losses, wins, n, -0.03)
    assert noninferiority(losses, wins, n, margin=0.03).p_pass == pytest.approx(float(ndtr(-z)), abs=3e-3)


@given(st.integers(1, 60), st.sampled_from([0.01, 0.03, 0.1]), st.data())
def test_one_more_loss_never_helps_and_one_more_win_never_hurts(n: int, margin: float, drawn: st.DataObject) -> None:
    losses = drawn.draw(st.integers(0, n - 1))
    wins = drawn.draw(st.integers(0, n - 1 - losses))
    here = noninferiority(losses, wins, n, margin=margin)
    worse, better = (noninferiority(b, c, n, margin=margin) for b, c in ((losses + 1, wins), (losses, wins + 1)))
    assert better.p_pass <= here.p_pass + 1e-12
    assert here.p_pass <= worse.p_pass + 1e-12
    assert worse.p_fail <= here.p_fail + 1e-12


@settings(deadline=None)
@given(tables(300), st.sampled_from([(0.01, 0.02), (0.02, 0.03), (0.03, 0.05), (0.05, 0.1), (0.1, 0.2)]))
def test_a_wider_margin_reads_the_same_rows_more_kindly(table: Table, margins: tuple[float, float]) -> None:
    """The statistic itself rises with the margin; p-values follow it."""
    losses, wins, n = table
    narrow, wide = (tango_z(losses, wins, n, -margin) for margin in margins)
    assert wide >= narrow - 1e-9


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([5, 20, 57, 100]).flatmap(
        lambda n: st.tuples(st.integers(0, n // 2), st.integers(0, n // 2), st.just(n))
    )
)
def test_a_wider_margin_moves_the_statistic_towards_a_pass(table: Table) -> None:
    """The statistic, not the exact p-value: that one steps with the tables it counts."""
    values = [tango_z(*table, -margin) for margin in (0.01, 0.03, 0.1, 0.2)]
    assert values == sorted(values)


def every_table(n: int) -> list[Table]:
    return [(losses, wins, n) for losses in range(n + 1) for wins in range(n + 1 - losses)]


def assert_picture_and_verdict_agree(table: Table, margin: float) -> None:
    test = noninferiority(*table, margin=margin)
    for drawn in (calibrated_interval(*table, margin=margin), drawn_interval(*table, margin=margin)):
        low_at, high_at = (math.isclose(end, -margin, abs_tol=1e-12) for end in (drawn.low, drawn.high))
        assert (test.p_pass <= 0.05) == (drawn.low > -margin or low_at), table
        assert (test.p_fail <= 0.05) == (drawn.high < -margin or high_at), table


@pytest.mark.parametrize("margin", [0.01, 0.03, 0.1, 0.25])
@pytest.mark.parametrize("n", [1, 2, 5, 13, 29])
def test_the_drawn_interval_agrees_with_the_verdict_on_every_small_table(n: int, margin: float) -> None:
    for table in every_table(n):
        assert_picture_and_verdict_agree(table, margin)


@settings(deadline=None, max_examples=150)
@given(tables_of(st.sampled_from([40, 80, 120, 200])), st.sampled_from([0.01, 0.03, 0.1]))
def test_the_drawn_interval_agrees_with_the_verdict(table: Table, margin: float) -> None:
    assert_picture_and_verdict_agree(table, margin)


@settings(deadline=None, max_examples=12)
@given(st.integers(501, 3000).flatmap(lambda n: st.tuples(st.integers(0, n // 8), st.integers(0, n // 8), st.just(n))))
def test_the_drawn_interval_agrees_with_the_verdict_on_many_rows(table: Table) -> None:
    assert_picture_and_verdict_agree(table, 0.03)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        ((6, 2, 200), -0.04805, 0.00429),
        ((31, 6, 412), -0.08637, -0.03757),
        ((0, 0, 15), -0.18104, 0.18104),
        ((1, 7, 21), 0.05797, 0.49496),
        ((40, 20, 2000), -0.01664, -0.00365),
    ],
)
def test_the_drawn_interval_is_counted(table: Table, low: float, high: float) -> None:
    found = drawn_interval(*table)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1.1e-5)


@settings(deadline=None, max_examples=50)
@given(tables(200))
def test_swapping_the_models_mirrors_the_drawn_interval(table: Table) -> None:
    losses, wins, n = table
    there, back = drawn_interval(losses, wins, n), drawn_interval(wins, losses, n)
    assert (there.low, there.high) == (-back.high, -back.low)


def test_the_end_at_the_margin_is_the_calibrated_one_where_the_two_counts_disagree() -> None:
    """At the likeliest discordance 5 lost and 5 won of 294 pass two points; at the worst they do not."""
    alone, beside = drawn_interval(5, 5, 294), drawn_interval(5, 5, 294, margin=0.02)
    assert alone.low > -0.02 > beside.low
    assert beside.low == calibrated_interval(5, 5, 294, margin=0.02).low
    assert beside.high == alone.high


def test_the_exact_p_need_not_fall_as_the_margin_widens() -> None:
    """6 lost and 6 won of 30: another margin orders the tables anew, and the worst chance can leap up."""
    at_five, at_six = (noninferiority(6, 6, 30, margin=margin).p_pass for margin in (0.05, 0.06))
    assert (at_five, at_six) == pytest.approx((0.364747, 0.455469), abs=6e-7)


@pytest.mark.parametrize("n", [30, 80, 200])
def test_with_few_disagreeing_rows_it_does_fall(n: int) -> None:
    """Where few rows disagree nothing is reordered."""
    for losses, wins in ((0, 0), (1, 2)):
        values = [noninferiority(losses, wins, n, margin=margin).p_pass for margin in np.linspace(0.01, 0.3, 30)]
        assert values == sorted(values, reverse=True)


def test_one_more_tie_can_raise_the_exact_p() -> None:
    """Not monotone in n either: 5 lost and 5 won of 295 at two points pass, as 294 do not; never the other way far."""
    values = [noninferiority(5, 5, n, margin=0.02).p_pass for n in range(280, 320)]
    assert values[14] > 0.05 > values[15]
    assert max(later - earlier for earlier, later in pairwise(values)) < 0.005


@given(tables(40), st.sampled_from([0.03, 0.1]))
def test_the_drawn_interval_holds_the_observed_difference(table: Table, margin: float) -> None:
    losses, wins, n = table
    for found in (calibrated_interval(losses, wins, n, margin=margin), drawn_interval(losses, wins, n)):
        assert -1 <= found.low <= (wins - losses) / n <= found.high <= 1


def test_where_nothing_can_pass_the_critical_value_is_out_of_reach() -> None:
    passing, _ = critical_values(10, 0.03)
    assert all(tango_z(losses, wins, 10, -0.03) < passing for losses, wins, _ in every_table(10) if losses + wins == 0)
    assert noninferiority(0, 0, 10, margin=0.03).p_pass > 0.05


@pytest.mark.parametrize(
    ("losses", "wins", "n", "code"),
    [
        (0, 0, 0, "no_rows"),
        (-1, 0, 5, "counts_do_not_fit"),
        (0, -1, 5, "counts_do_not_fit"),
        (3, 3, 5, "counts_do_not_fit"),
    ],
)
def test_counts_that_do_not_fit_are_refused(losses: int, wins: int, n: int, code: str) -> None:
    for ask in (
        lambda: tango_z(losses, wins, n, 0.0),
        lambda: tango_interval(losses, wins, n),
        lambda: noninferiority(losses, wins, n, margin=0.03),
        lambda: calibrated_interval(losses, wins, n, margin=0.03),
    ):
        with pytest.raises(EvidenceUnusable) as refused:
            ask()
        assert refused.value.code == code


@pytest.mark.parametrize("margin", [0.0, 1.0, 3.0, -0.03, float("nan")])
def test_a_margin_in_points_is_refused(margin: float) -> None:
    with pytest.raises(EvidenceUnusable):
        noninferiority(6, 2, 200, margin=margin)
    with pytest.raises(EvidenceUnusable):
        calibrated_interval(6, 2, 200, margin=margin)
