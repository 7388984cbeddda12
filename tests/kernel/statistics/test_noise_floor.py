"""The teacher against itself: repeats are no rows, flips are shares of pairs, and what repetition explains."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.bounded import Stratum, phantom_interval
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.noise_floor import Floats, noise_floor

RUNS = st.integers(2, 5).flatmap(
    lambda k: st.lists(
        st.lists(st.one_of(st.just(math.nan), st.floats(0, 1)), min_size=k, max_size=k), min_size=1, max_size=12
    )
)


def coins(rows: int, runs: int, chance: float, seed: int) -> Floats:
    dice = np.random.Generator(np.random.Philox(seed))
    return (dice.random((rows, runs)) < chance).astype(np.float64)


def test_rows_are_counted_and_never_their_repeats() -> None:
    found = noise_floor(coins(40, 5, 0.5, 1), delta=0.1, resamples=50, seed=1)
    assert (found.n, found.n_once) == (40, 0)


def test_rows_with_one_run_say_nothing_about_repetition() -> None:
    runs = np.vstack([coins(30, 3, 0.5, 2), [[1, math.nan, math.nan], [math.nan] * 3]])
    found = noise_floor(runs, delta=0.1, resamples=50, seed=1)
    assert (found.n, found.n_once) == (30, 2)


def test_a_teacher_that_always_says_the_same_explains_nothing() -> None:
    found = noise_floor(np.ones((100, 3)), delta=-0.03, resamples=999, seed=1)
    assert (found.self_size, found.self_interval.low, found.self_interval.high) == (0.0, 0.0, 0.0)
    assert (found.explained, found.p_repetition) == (0.0, 0.001)
    assert found.flips is not None
    assert found.flips.share == 0
    # No flip in 100 rows does not mean that there is none.
    assert found.flips.interval.high > 0.01


def test_a_delta_of_0_has_nothing_to_explain() -> None:
    found = noise_floor(coins(50, 2, 0.5, 3), delta=0.0, resamples=200, seed=1)
    assert (found.explained, found.p_repetition) == (None, 1.0)


def test_the_size_of_the_noise_is_that_of_the_variance_within_rows() -> None:
    runs = coins(400, 4, 0.7, 4)
    found = noise_floor(runs, delta=-0.05, resamples=4000, seed=1)
    spread = math.sqrt(2 * float(np.var(runs, axis=1, ddof=1).mean()) / 400)
    assert found.self_size == pytest.approx(spread * math.sqrt(2 / math.pi), rel=0.05)
    assert (found.self_interval.low, found.self_interval.high) == pytest.approx(
        (-1.96 * spread, 1.96 * spread), rel=0.1
    )
    assert found.explained == pytest.approx(found.self_size / 0.05)


def test_a_delta_no_larger_than_the_noise_is_explained_in_full() -> None:
    found = noise_floor(coins(50, 3, 0.5, 5), delta=0.01, resamples=500, seed=1)
    assert found.explained == 1.0
    assert found.p_repetition > 0.5


def test_averaging_both_models_over_runs_shrinks_the_noise_by_the_root() -> None:
    runs = coins(100, 4, 0.5, 6)
    once, four = (noise_floor(runs, delta=0.1, averaged=count, resamples=300, seed=1) for count in (1, 4))
    assert four.self_size == pytest.approx(once.self_size / 2)


def test_flips_are_the_share_of_disagreeing_pairs_of_runs() -> None:
    runs = np.array([[1, 1, 0], [0, 0, 0], [1, 0, math.nan], [1, 1, 1]])
    found = noise_floor(runs, delta=0.1, resamples=20, seed=1).flips
    assert found is not None
    by_row = []
    for line in runs.tolist():
        pairs = list(itertools.combinations([value for value in line if not math.isnan(value)], 2))
        by_row.append(sum(one != other for one, other in pairs) / len(pairs))
    assert by_row == [2 / 3, 0, 1, 0]
    assert found.share == pytest.approx(5 / 12)
    stretched = phantom_interval([Stratum(1.0, np.array([1 / 3, -1, 1, -1]))], level=0.95).interval
    assert found.interval.high == pytest.approx((stretched.high + 1) / 2)


def test_scores_between_0_and_1_have_noise_and_no_flips() -> None:
    found = noise_floor(np.array([[0.2, 0.4], [0.9, 0.8]]), delta=0.1, resamples=100, seed=1)
    assert found.flips is None
    assert 0.05 - 1e-12 <= found.self_size <= 0.15 + 1e-12


def test_the_seed_alone_decides() -> None:
    runs = coins(60, 3, 0.6, 7)
    one, again, other = (noise_floor(runs, delta=0.02, resamples=300, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one.self_size != other.self_size


@given(RUNS, st.floats(-1, 1))
def test_any_scores_give_shares_in_range_or_a_named_refusal(lines: list[list[float]], delta: float) -> None:
    runs = np.array(lines)
    if not any(sum(not math.isnan(value) for value in line) > 1 for line in lines):
        with pytest.raises(EvidenceUnusable) as refused:
            noise_floor(runs, delta=delta, resamples=20, seed=1)
        assert refused.value.code == "no_repeats"
        return
    found = noise_floor(runs, delta=delta, resamples=20, seed=1)
    assert found.n + found.n_once == len(lines)
    assert -1 <= found.self_interval.low <= found.self_interval.high <= 1
    assert 0 < found.p_repetition <= 1
    assert (found.explained is None) == (delta == 0)
    assert found.explained is None or 0 <= found.explained <= 1


@pytest.mark.parametrize(
    ("runs", "delta", "averaged", "code"),
    [
        (np.array([[1.0], [0.0]]), 0.1, 1, "no_repeats"),
        (np.empty((0, 3)), 0.1, 1, "no_repeats"),
        (np.array([1.0, 0.0]), 0.1, 1, "table_not_square"),
        (np.array([[1.0, math.inf]]), 0.1, 1, "not_finite"),
        (np.array([[1.0, 1.1]]), 0.1, 1, "score_out_of_range"),
        (np.array([[1.0, -0.1]]), 0.1, 1, "score_out_of_range"),
        (np.array([[1.0, 0.0]]), math.nan, 1, "delta_out_of_range"),
        (np.array([[1.0, 0.0]]), 3.0, 1, "delta_out_of_range"),
        (np.array([[1.0, 0.0]]), 0.1, 0, "repeats_out_of_range"),
    ],
)
def test_scores_that_cannot_be_used_are_refused(runs: Floats, delta: float, averaged: int, code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        noise_floor(runs, delta=delta, averaged=averaged, resamples=5, seed=1)
    assert refused.value.code == code


@pytest.mark.slow
@pytest.mark.parametrize("runs", [2, 3, 5])
def test_the_flip_interval_holds_the_truth_in_simulation(runs: int) -> None:
    """1,000 draws of 100 rows whose chance to pass varies; 95 % nominal, bar .93 less three standard errors."""
    dice = np.random.Generator(np.random.Philox(9))
    for a, b in ((0.3, 0.02), (1, 1), (0.2, 0.2)):
        truth = 2 * a * b / ((a + b) * (a + b + 1))
        held = 0
        for _ in range(1000):
            drawn = (dice.random((100, runs)) < dice.beta(a, b, size=100)[:, None]).astype(np.float64)
            found = noise_floor(drawn, delta=0.1, resamples=1, seed=1).flips
            assert found is not None
            held += found.interval.low <= truth <= found.interval.high
        assert held / 1000 >= 0.93 - 3 * math.sqrt(0.93 * 0.07 / 1000)


@pytest.mark.slow
def test_repetition_alone_is_seldom_taken_for_a_difference() -> None:
    """1,000 equal pairs of models, 150 rows, 3 teacher runs: p ≤ .05 in .065 at most, and three standard errors."""
    dice = np.random.Generator(np.random.Philox(10))
    small = 0
    for seed in range(1000):
        chance = dice.beta(2, 0.7, size=150)[:, None]
        drawn = (dice.random((150, 4)) < chance).astype(np.float64)
        delta = float(drawn[:, 3].mean() - drawn[:, 0].mean())
        small += noise_floor(drawn[:, :3], delta=delta, resamples=300, seed=seed).p_repetition <= 0.05
    assert small / 1000 <= 0.065 + 3 * math.sqrt(0.065 * 0.935 / 1000)
