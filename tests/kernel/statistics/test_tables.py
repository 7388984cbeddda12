"""Which tables are likely, against the binomial; and the first win, against asking each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from apps.kernel.statistics.tables import _halved, every_loss, first_wins, likely_losses
from apps.kernel.statistics.tango import scores


@pytest.mark.parametrize("negligible", [-36.0, -16.0])
@pytest.mark.parametrize("n", [1, 30, 620, 100_000])
def test_what_is_left_out_is_negligible(n: int, negligible: float) -> None:
    lost = np.array([1e-6, 0.001, 0.03, 0.3, 0.999])
    place, count = likely_losses(n, lost, negligible=negligible)
    for number, chance in enumerate(lost):
        kept = count[place == number]
        assert kept.tolist() == list(range(int(kept[0]), int(kept[-1]) + 1))
        assert 0 <= kept[0] <= n * chance <= kept[-1] + 1 <= n + 1
        outside = binom.cdf(kept[0] - 1, n, chance) + binom.sf(kept[-1], n, chance)
        assert outside <= 2 * math.exp(negligible)


def test_many_rows_leave_few_counts() -> None:
    assert len(likely_losses(1_000_000, np.array([0.01]), negligible=-36.0)[1]) < 2000


@given(st.integers(1, 60), st.floats(-0.9, 0.9), st.floats(-4, 4))
def test_the_first_win_is_the_first(n: int, delta: float, z: float) -> None:
    losses = every_loss(n)
    for lost, first in zip(losses, first_wins(z, losses, n, delta), strict=True):
        wins = np.arange(n - lost + 1)
        enough = scores(np.full(len(wins), lost), wins, n, delta) >= z
        assert first == (int(np.argmax(enough)) if enough.any() else n - lost + 1)


def test_each_number_of_losses_may_have_a_difference_of_its_own() -> None:
    deltas = np.array([-0.1, 0.0, 0.2])
    together = first_wins(np.array([1.0, 0.5, -0.5]), np.array([3.0, 2.0, 0.0]), 40, deltas)
    alone = [
        float(first_wins(z, np.array([b]), 40, float(delta))[0])
        for z, b, delta in zip((1.0, 0.5, -0.5), (3.0, 2.0, 0.0), deltas, strict=True)
    ]
    assert together.tolist() == alone


@pytest.mark.parametrize("n", [25, 620, 5000])
@pytest.mark.parametrize("delta", [-0.3, -0.03, 0.0, 0.2])
def test_the_slope_leads_where_halving_would(n: int, delta: float) -> None:
    """From a good guess, and from the worst ones there are."""
    losses, deltas = every_loss(n), np.full(n + 1, delta)
    for z in (-1e3, -23.9, -1.645, 0.0, 1e-9, 1.645, 7.0, 1e3):
        expected = _halved(np.full(n + 1, z), losses, n, deltas).tolist()
        assert first_wins(z, losses, n, delta).tolist() == expected
        for near in (np.zeros(n + 1), n - losses + 1, losses[::-1].copy()):
            assert first_wins(z, losses, n, delta, near=near).tolist() == expected
