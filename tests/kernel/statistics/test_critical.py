"""The first table that passes, or fails: against asking every table."""

from __future__ import annotations

import pytest

from apps.kernel.statistics.critical import failing_value, passing_value
from apps.kernel.statistics.tango import score
from apps.kernel.statistics.worst_case import at_least, at_most


@pytest.mark.parametrize("margin", [0.01, 0.05, 0.1, 0.7])
@pytest.mark.parametrize("n", [3, 12, 28])
def test_the_turning_values_are_the_first_that_are_rare_enough(n: int, margin: float) -> None:
    statistics = sorted({score(b, c, n, -margin) for b in range(n + 1) for c in range(n + 1 - b)})
    for alpha in (0.05, 0.025):
        passing = [z for z in statistics if at_least(z, n, margin) <= alpha]
        failing = [z for z in statistics if at_most(z, n, margin) <= alpha]
        assert passing_value(n, margin, alpha) == pytest.approx(min(passing, default=None), abs=2e-9)
        assert failing_value(n, margin, alpha) == pytest.approx(max(failing, default=None), abs=2e-9)


def test_one_pair_can_neither_pass_nor_fail() -> None:
    assert passing_value(1, 0.03, 0.05) is None
    assert failing_value(1, 0.03, 0.05) is None


@pytest.mark.parametrize(("n", "margin"), [(299, 0.01), (300, 0.03), (620, 0.005), (2000, 0.01)])
def test_the_table_at_the_turn_is_taken_and_its_neighbour_is_not(n: int, margin: float) -> None:
    """Found without listing all tables; so many would not fit into memory at 20,000 rows."""
    passing, failing = passing_value(n, margin, 0.05), failing_value(n, margin, 0.05)
    assert passing is not None
    assert failing is not None
    every = [(b, c) for b in range(n // 10) for c in range(n // 10)]
    statistics = [score(b, c, n, -margin) for b, c in every]
    below = max(z for z in statistics if z < passing - 1e-8)
    above = min(z for z in statistics if z > failing + 1e-8)
    assert at_least(passing, n, margin) <= 0.05 < at_least(below, n, margin)
    assert at_most(failing, n, margin) <= 0.05 < at_most(above, n, margin)


def test_the_value_is_the_statistic_of_a_table() -> None:
    found = passing_value(157, 0.03, 0.05)
    assert found is not None
    statistics = [score(b, c, 157, -0.03) for b in range(158) for c in range(158 - b)]
    assert min(abs(z - found) for z in statistics) < 1e-12
