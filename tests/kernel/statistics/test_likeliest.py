"""Limits counted at the likeliest discordance: known closed forms, symmetry, order."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from apps.kernel.statistics.likeliest import lower_limit
from apps.kernel.statistics.paired import tango_interval


@pytest.mark.parametrize("n", [1, 5, 15, 25, 99, 299, 2000])
def test_without_a_loss_or_a_win_it_is_the_rule_of_three(n: int) -> None:
    """At the likeliest discordance nothing but losses can happen: (1 − d)ⁿ = α. 15 rows: 18.1 points, not Tango's 15.3.

    The limit is the outer end of the last step, a two-thousandth of its distance at most.
    """
    exact = math.pow(0.05, 1 / n) - 1
    assert exact - 1e-3 * abs(exact) <= lower_limit(0, 0, n, 0.05) <= exact + 1e-9


@pytest.mark.parametrize(("losses", "n"), [(6, 200), (1, 25), (12, 2000)])
def test_without_a_win_it_is_clopper_and_pearsons_for_the_losses(losses: int, n: int) -> None:
    """Where wins do not happen at the limit either: as many losses or fewer have a chance of α there."""
    lost = -lower_limit(losses, 0, n, 0.05)
    assert binom.cdf(losses, n, lost) == pytest.approx(0.05, abs=2e-4)


def test_it_lies_below_what_was_seen_and_within_the_scale() -> None:
    for n in (1, 2, 7):
        for losses in range(n + 1):
            for wins in range(n + 1 - losses):
                assert -1 <= lower_limit(losses, wins, n, 0.05) <= (wins - losses) / n
    assert lower_limit(7, 0, 7, 0.05) == -1.0


@settings(deadline=None, max_examples=60)
@given(st.integers(5, 80), st.data())
def test_one_more_loss_never_raises_it_and_one_more_win_never_lowers_it(n: int, drawn: st.DataObject) -> None:
    losses = drawn.draw(st.integers(0, n - 1))
    wins = drawn.draw(st.integers(0, n - 1 - losses))
    here = lower_limit(losses, wins, n, 0.05)
    step = 1e-3 * ((wins - losses) / n - here)
    assert lower_limit(losses + 1, wins, n, 0.05) <= here + step
    assert lower_limit(losses, wins + 1, n, 0.05) >= here - step


@settings(deadline=None, max_examples=60)
@given(st.integers(5, 300), st.data())
def test_a_smaller_error_reaches_further(n: int, drawn: st.DataObject) -> None:
    losses = drawn.draw(st.integers(0, n))
    wins = drawn.draw(st.integers(0, n - losses))
    assert lower_limit(losses, wins, n, 0.025) <= lower_limit(losses, wins, n, 0.05)


@pytest.mark.parametrize(("losses", "wins", "n"), [(400, 300, 20_000), (4000, 3000, 200_000)])
def test_of_many_disagreeing_rows_it_is_tangos(losses: int, wins: int, n: int) -> None:
    assert lower_limit(losses, wins, n, 0.05) == pytest.approx(tango_interval(losses, wins, n).low, abs=5e-6)
