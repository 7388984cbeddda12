"""Tango's statistic: one table and many give the same bits, and it rises with every win."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.tango import score, scores


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.floats(-0.999, 0.999))
def test_one_table_and_many_give_the_same_bits(sizes: tuple[int, int], delta: float) -> None:
    n, losses = sizes
    wins = np.arange(n - losses + 1, dtype=np.float64)
    together = scores(np.full(len(wins), float(losses)), wins, n, delta)
    assert [score(losses, int(count), n, delta) for count in wins] == together.tolist()


@pytest.mark.parametrize("margin", [0.005, 0.03, 0.1, 0.6])
@pytest.mark.parametrize("n", [1, 7, 40, 120])
def test_every_win_raises_it_and_every_loss_lowers_it(n: int, margin: float) -> None:
    """The tails of the enumeration are cut along wins, which is right only for a statistic like this."""
    counts = np.arange(n + 1, dtype=np.float64)
    losses, wins = np.meshgrid(counts, counts, indexing="ij")
    square = np.where(losses + wins <= n, scores(losses, np.minimum(wins, n - losses), n, -margin), np.nan)
    by_win, by_loss = np.diff(square, axis=1), np.diff(square, axis=0)
    assert np.all(by_win[~np.isnan(by_win)] > 0)
    assert np.all(by_loss[~np.isnan(by_loss)] < 0)


def test_no_distance_and_no_spread_is_no_evidence() -> None:
    assert score(0, 0, 10, 0.0) == 0.0
    assert score(0, 0, 10, 1.0) == -math.inf
    assert scores(np.zeros(1), np.zeros(1), 10, 1.0).tolist() == [-math.inf]
