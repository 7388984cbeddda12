"""Bounded scores: two phantom rows, so that few differing rows never look certain."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from apps.kernel.statistics.bounded import Stratum, phantom_interval, phantom_test
from apps.kernel.statistics.interval import EvidenceUnusable

DIFFERENCES = st.lists(st.floats(-1, 1), min_size=1, max_size=40)
MARGINS = st.floats(0.001, 0.3)


def one(values: list[float]) -> list[Stratum]:
    return [Stratum(1.0, np.array(values, dtype=float))]


def centre(values: list[float]) -> float:
    interval = phantom_interval(one(values)).interval
    return (interval.low + interval.high) / 2


@pytest.mark.parametrize(
    ("values", "middle", "low", "high"),
    [
        ([0] * 25, 0, -0.089337, 0.089337),
        ([0.1, -0.2, 0, 0, 0.05, -0.05, 0, 0, -1, 0], -0.091667, -0.348893, 0.165559),
        ([-1] + [0] * 299, -0.003311, -0.012769, 0.006146),
        ([-1] * 6 + [1] * 2 + [0] * 192, -0.019802, -0.045568, 0.005965),
    ],
)
def test_known_rows_have_the_known_limits(values: list[float], middle: float, low: float, high: float) -> None:
    found = phantom_interval(one(values)).interval
    assert (centre(values), found.low, found.high) == pytest.approx((middle, low, high), abs=5e-7)


def test_the_difference_told_is_the_observed_one_and_not_the_shrunken() -> None:
    assert phantom_interval(one([-1, 0, 0, 0])).delta == -0.25


@given(DIFFERENCES)
def test_one_stratum_is_students_t_of_the_rows_with_a_win_and_a_loss_added(values: list[float]) -> None:
    rows = np.array([*values, 1.0, -1.0])
    half = stdtrit(len(rows) - 1, 0.95) * math.sqrt(np.var(rows) / len(rows))
    found = phantom_interval(one(values)).interval
    assert found.low == pytest.approx(max(-1, rows.mean() - half), abs=1e-9)
    assert found.high == pytest.approx(min(1, rows.mean() + half), abs=1e-9)


@given(DIFFERENCES)
def test_swapping_the_models_mirrors_everything(values: list[float]) -> None:
    there, back = phantom_interval(one(values)), phantom_interval(one([-value for value in values]))
    assert there.delta == -back.delta
    assert (there.interval.low, there.interval.high) == pytest.approx(
        (-back.interval.high, -back.interval.low), abs=1e-12
    )


@given(DIFFERENCES, MARGINS, MARGINS)
def test_a_wider_margin_is_never_harder_to_pass_nor_easier_to_fail(
    values: list[float], one_: float, other: float
) -> None:
    narrow, wide = (phantom_test(one(values), margin=margin) for margin in sorted((one_, other)))
    assert wide.p_pass <= narrow.p_pass
    assert wide.p_fail >= narrow.p_fail


@given(DIFFERENCES, MARGINS)
def test_the_two_tails_are_one_whole(values: list[float], margin: float) -> None:
    found = phantom_test(one(values), margin=margin)
    assert found.p_pass + found.p_fail == pytest.approx(1, abs=1e-12)


@given(DIFFERENCES, MARGINS)
def test_the_interval_agrees_with_the_test(values: list[float], margin: float) -> None:
    interval, test = phantom_interval(one(values)).interval, phantom_test(one(values), margin=margin)
    if abs(interval.low + margin) > 1e-9:
        assert (interval.low > -margin) == (test.p_pass < 0.05)
    if abs(interval.high + margin) > 1e-9:
        assert (interval.high < -margin) == (test.p_fail < 0.05)


@given(DIFFERENCES, st.randoms())
def test_the_order_of_the_rows_does_not_matter(values: list[float], dice: object) -> None:
    shuffled = values.copy()
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    one_way, other = phantom_interval(one(values)).interval, phantom_interval(one(shuffled)).interval
    assert (one_way.low, one_way.high) == pytest.approx((other.low, other.high), abs=1e-12)


def test_the_interval_never_leaves_minus_1_to_1() -> None:
    found = phantom_interval(one([-1.0])).interval
    assert (found.low, found.high) == (-1.0, 1.0)


def test_weights_and_not_row_shares_make_the_global_difference() -> None:
    gold, rest = np.full(150, -0.06), np.zeros(150)
    assert phantom_interval([Stratum(0.05, gold), Stratum(0.95, rest)]).delta == pytest.approx(-0.003, abs=1e-15)
    assert phantom_interval([Stratum(0.5, gold), Stratum(0.5, rest)]).delta == pytest.approx(-0.03, abs=1e-15)


def test_equal_strata_weighted_by_their_rows_are_nearly_one_stratum() -> None:
    values = [-1.0] * 4 + [1.0] * 2 + [0.0] * 94
    parted = phantom_interval([Stratum(0.5, np.array(values)), Stratum(0.5, np.array(values))]).interval
    whole = phantom_interval(one(values * 2)).interval
    assert (parted.low, parted.high) == pytest.approx((whole.low, whole.high), abs=1e-12)


def test_uneven_weights_cost_effective_rows() -> None:
    """Ne = 1 / Σ w²/n: half of the weight on 10 rows of 110 leaves 36 rows' worth of phantoms and freedom."""
    found = phantom_interval([Stratum(0.5, np.zeros(10)), Stratum(0.5, np.zeros(100))]).interval
    effective = 1 / (0.25 / 10 + 0.25 / 100)
    half = stdtrit(round(effective) + 1, 0.95) * math.sqrt(2) / (effective + 2)
    assert (found.low, found.high) == pytest.approx((-half, half), abs=1e-12)


@pytest.mark.parametrize(
    ("strata", "code"),
    [
        ([], "no_rows"),
        (one([]), "no_rows"),
        (one([0.0, float("nan")]), "not_finite"),
        (one([0.0, float("inf")]), "not_finite"),
        (one([0.0, -1.1]), "not_finite"),
        ([Stratum(0.5, np.zeros(3))], "weights"),
        ([Stratum(1.0, np.zeros(3)), Stratum(0.0, np.zeros(3))], "weights"),
        ([Stratum(1.2, np.zeros(3)), Stratum(-0.2, np.zeros(3))], "weights"),
    ],
)
def test_rows_that_cannot_be_read_are_refused(strata: list[Stratum], code: str) -> None:
    for ask in (lambda: phantom_interval(strata), lambda: phantom_test(strata, margin=0.03)):
        with pytest.raises(EvidenceUnusable) as refused:
            ask()
        assert refused.value.code == code


def false_passes(shape: np.ndarray, margin: float, n: int, tries: int) -> float:
    """How often a model that loses exactly the margin passes."""
    dice = np.random.Generator(np.random.Philox(len(shape) + n))
    rows = dice.choice(shape, size=(tries, n))
    return float(np.mean([phantom_test(one(list(row)), margin=margin).p_pass <= 0.05 for row in rows]))


@pytest.mark.slow
@pytest.mark.parametrize("n", [25, 100, 300])
def test_rare_full_losses_do_not_pass_more_often_than_the_known_bound(n: int) -> None:
    """The plain t interval passes up to .78 of these; the phantoms keep it within .07 (and Monte Carlo's error)."""
    shape = np.array([-1.0] * 3 + [0.0] * 97)
    assert false_passes(shape, 0.03, n, 2000) <= 0.07 + 3 * math.sqrt(0.07 * 0.93 / 2000)


@pytest.mark.slow
@pytest.mark.parametrize("n", [25, 100, 300])
def test_even_scores_pass_no_more_often_than_they_should(n: int) -> None:
    shape = np.random.Generator(np.random.Philox(5)).normal(0, 0.15, 4000)
    shape = np.clip(shape - shape.mean() - 0.03, -1, 1)
    assert false_passes(shape, -float(shape.mean()), n, 2000) <= 0.038 + 3 * math.sqrt(0.05 * 0.95 / 2000)
