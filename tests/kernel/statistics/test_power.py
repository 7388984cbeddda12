"""How many rows would decide: against the printed table, and against the tests they are meant for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel.statistics import paired, power
from apps.kernel.statistics.interval import EvidenceUnusable

Z = 1.6448536269514722 + 0.8416212335729143


@pytest.mark.parametrize(("margin", "rows"), [(0.01, 299), (0.02, 149), (0.03, 99), (0.05, 59), (0.10, 29)])
def test_the_smallest_passing_number_of_rows_is_the_known_one(margin: float, rows: int) -> None:
    assert power.smallest_passing_rows(margin) == rows


@pytest.mark.parametrize("margin", [0.02, 0.03, 0.05, 0.10])
def test_one_row_fewer_than_that_cannot_pass_the_exact_test(margin: float) -> None:
    rows = power.smallest_passing_rows(margin)
    assert paired.noninferiority(0, 0, rows, margin=margin).p_pass <= 0.05
    assert paired.noninferiority(0, 0, rows - 1, margin=margin).p_pass > 0.05


@pytest.mark.parametrize(("n", "limit"), [(24, 0.1173462), (99, 0.0298067), (299, 0.0099693)])
def test_the_smallest_limit_shown_is_the_inverse(n: int, limit: float) -> None:
    assert power.smallest_limit_shown(n) == pytest.approx(limit, abs=1e-6)
    assert power.smallest_passing_rows(power.smallest_limit_shown(n)) == n


def counts(discordance: float) -> tuple[int, int, int]:
    """Counts so many that smoothing leaves this share of disagreeing rows."""
    n = 10_000_000
    disagreeing = round(discordance * n)
    return disagreeing // 2, disagreeing - disagreeing // 2, n


@pytest.mark.parametrize(
    ("margin", "discordance", "at_80", "at_90"),
    [(0.01, 0.05, 3091, 4282), (0.01, 0.10, 6183, 8564), (0.01, 0.20, 12365, 17128)],
)
def test_many_rows_follow_the_formula(margin: float, discordance: float, at_80: int, at_90: int) -> None:
    """The table prints the formula rounded to the nearest row; a row is never left out here."""
    losses, wins, n = counts(discordance)
    assert power.rows_to_decide(losses, wins, n, margin=margin) - at_80 in (0, 1)
    assert power.rows_to_decide(losses, wins, n, margin=margin, power=0.9) - at_90 in (0, 1)


@pytest.mark.parametrize(("margin", "discordance", "at_90"), [(0.01, 0.02, 1713), (0.03, 0.20, 1903)])
def test_the_formula_stands_from_1500_rows_on(margin: float, discordance: float, at_90: int) -> None:
    assert power.rows_to_decide(*counts(discordance), margin=margin, power=0.9) - at_90 in (0, 1)


FORMULA = {
    (0.01, 0.01): (618, 856), (0.01, 0.02): (1237, 1713), (0.02, 0.02): (309, 428), (0.02, 0.05): (773, 1070),
    (0.03, 0.02): (137, 190), (0.03, 0.05): (343, 476), (0.03, 0.10): (687, 952), (0.03, 0.20): (1374, 1903),
    (0.05, 0.02): (49, 69), (0.05, 0.05): (124, 171), (0.05, 0.10): (247, 343),
    (0.10, 0.05): (31, 43), (0.10, 0.10): (62, 86), (0.10, 0.20): (124, 171),
}  # fmt: skip


@pytest.mark.parametrize(("margin", "discordance"), FORMULA)
def test_below_that_the_formula_asks_for_too_few(margin: float, discordance: float) -> None:
    """The normal formula as printed, and the rows that the counted test needs: at least as many."""
    at_80, at_90 = FORMULA[margin, discordance]
    shown = 1.6448536269514722 + np.array([0.8416212335729143, 1.2815515655446004])
    assert shown**2 * discordance / margin**2 == pytest.approx((at_80, at_90), abs=0.51)
    assert power.rows_to_decide(*counts(discordance), margin=margin) >= at_80


@pytest.mark.parametrize(
    ("margin", "discordance", "at_80", "at_90"),
    [
        (0.02, 0.02, (404, 401), (534, 530)), (0.02, 0.05, (820, 812), (1120, 1118)),
        (0.03, 0.02, (210, 208), (269, 266)), (0.03, 0.05, (393, 382), (525, 521)),
        (0.03, 0.10, (716, 706), (979, 974)),
        (0.05, 0.02, (93, 93), (124, 124)), (0.05, 0.05, (158, 158), (211, 211)), (0.05, 0.10, (264, 264), (369, 362)),
        (0.10, 0.05, (50, 50), (64, 64)), (0.10, 0.10, (78, 78), (104, 104)), (0.10, 0.20, (131, 131), (180, 180)),
    ],
)  # fmt: skip
def test_few_rows_are_those_of_the_counted_test(
    margin: float, discordance: float, at_80: tuple[int, int], at_90: tuple[int, int]
) -> None:
    """The printed number, and ours: the printed one reaches the power too, but is not always the first that does."""
    losses, wins, n = counts(discordance)
    for (printed, first), power_ in ((at_80, 0.8), (at_90, 0.9)):
        assert power.rows_to_decide(losses, wins, n, margin=margin, power=power_) == first
        assert first <= printed
        assert power._is_reached(printed, discordance, margin, 0.05, power_)


@pytest.mark.parametrize(("margin", "discordance"), [(0.05, 0.02), (0.05, 0.05), (0.10, 0.10)])
def test_the_counted_number_reaches_the_power_and_one_row_fewer_does_not(margin: float, discordance: float) -> None:
    """With the counted test's own critical value; by the normal one 87 rows would do for the first."""
    rows = power.rows_to_decide(*counts(discordance), margin=margin)
    reached, before = (
        chance(n, discordance, margin, paired.critical_values(n, margin)[0] - 1e-9) for n in (rows, rows - 1)
    )
    assert reached >= 0.8 > before


def chance(n: int, discordance: float, margin: float, z: float) -> float:
    """The slow and plain way: every table of n rows of equal models, one by one."""
    share, total = discordance / 2, 0.0
    for losses in range(n + 1):
        for wins in range(n + 1 - losses):
            if losses + wins < 40 and paired.tango_z(losses, wins, n, -margin) >= z:
                ways = math.comb(n, losses) * math.comb(n - losses, wins)
                total += ways * share ** (losses + wins) * (1 - discordance) ** (n - losses - wins)
    return total


def test_the_share_of_disagreeing_rows_is_smoothed() -> None:
    """No loss in 98 rows is no proof of none: (0 + 0 + 1) / 100 is taken."""
    assert power.rows_to_decide(0, 0, 98, margin=0.01) == power.rows_to_decide(*counts(0.01), margin=0.01) == 805


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(40, 400), st.sampled_from([0.03, 0.05, 0.1]))
def test_it_is_never_below_what_passes_with_no_loss_at_all(losses: int, wins: int, n: int, margin: float) -> None:
    assert power.rows_to_decide(losses, wins, n, margin=margin) >= power.smallest_passing_rows(margin)


def test_a_narrower_margin_needs_more_rows() -> None:
    rows = [power.rows_to_decide(6, 2, 200, margin=margin) for margin in (0.01, 0.02, 0.03, 0.05, 0.1)]
    assert rows == sorted(rows, reverse=True)
    assert len(set(rows)) == 5


def test_bounded_scores_follow_their_formula_where_rows_are_many() -> None:
    assert power.rows_to_decide_bounded(0.5, 100, margin=0.01) == pytest.approx((Z * 0.5 / 0.01) ** 2, rel=0.025)


def test_the_phantoms_ask_for_more_rows_where_scores_hardly_move() -> None:
    without = (Z * 0.05 / 0.05) ** 2
    rows = power.rows_to_decide_bounded(0.05, 100, margin=0.05)
    assert rows > 5 * without
    assert Z * math.sqrt((rows * 0.05**2 + 2) / (rows + 2) ** 2) <= 0.05


@pytest.mark.parametrize("margin", [0.01, 0.03, 0.1])
def test_bounded_scores_too_need_the_rule_of_three(margin: float) -> None:
    assert power.rows_to_decide_bounded(0.0, 10, margin=margin) >= power.smallest_passing_rows(margin)


def test_the_smallest_regression_seen_is_the_written_formula() -> None:
    assert power.smallest_regression_seen(6, 2, 200) == pytest.approx(Z * math.sqrt(9 / 202 / 200), abs=1e-9)
    assert power.smallest_regression_seen_bounded(0.15, 200) == pytest.approx(
        Z * math.sqrt((200 * 0.15**2 + 2) / 202**2), abs=1e-9
    )


def test_the_smallest_regression_seen_is_never_more_than_all() -> None:
    assert power.smallest_regression_seen(1, 0, 1) == 1.0
    assert power.smallest_regression_seen_bounded(1.0, 1) == 1.0


def test_no_rows_and_a_margin_in_points_are_refused() -> None:
    with pytest.raises(EvidenceUnusable, match="no rows"):
        power.rows_to_decide(0, 0, 0, margin=0.03)
    with pytest.raises(EvidenceUnusable, match="margin"):
        power.rows_to_decide(0, 0, 10, margin=3.0)
    with pytest.raises(EvidenceUnusable, match="no rows"):
        power.smallest_regression_seen(0, 0, 0)
