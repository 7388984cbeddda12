"""The intervals of textbooks, by the examples that the textbooks print."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.interval import Interval
from simulations.ordinary import Table, agresti_min, bonett_price, difference, newcombe, wald

BENTUR, CAVO, AGRESTI = (1, 1, 7, 12), (59, 6, 16, 80), (794, 150, 86, 570)
TABLES = st.tuples(*[st.integers(0, 40)] * 4).filter(lambda table: sum(table) > 0)
INTERVALS = [wald, agresti_min, bonett_price, newcombe]


@pytest.mark.parametrize(
    ("interval", "table", "low", "high"),
    [
        (newcombe, BENTUR, 0.0256, 0.5069),
        (wald, BENTUR, 0.0517, 0.5197),
        (bonett_price, BENTUR, 0.0134, 0.5084),
        (newcombe, CAVO, 0.0046, 0.1186),
        (wald, AGRESTI, -0.0587, -0.0213),
    ],
)
def test_known_tables_have_the_known_limits(
    interval: Callable[[Table], Interval], table: Table, low: float, high: float
) -> None:
    found = interval(table)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5.1e-5)


@pytest.mark.parametrize(("table", "delta"), [(BENTUR, 0.2857), (CAVO, 0.0621), (AGRESTI, -0.04)])
def test_known_tables_have_the_known_difference(table: Table, delta: float) -> None:
    assert difference(table) == pytest.approx(delta, abs=5.1e-5)


@given(TABLES)
def test_wald_and_its_repairs_are_the_mean_and_spread_of_rows(table: Table) -> None:
    """Of the rows themselves, and of the rows with a win and a loss added."""
    for interval, added in ((wald, 0), (bonett_price, 1)):
        rows = np.repeat([-1.0, 0.0, 1.0], [table[1] + added, table[0] + table[3], table[2] + added])
        half = 1.959963984540054 * math.sqrt(rows.var() / len(rows))
        found = interval(table)
        assert found.low == pytest.approx(max(-1.0, rows.mean() - half), abs=1e-9)
        assert found.high == pytest.approx(min(1.0, rows.mean() + half), abs=1e-9)


@pytest.mark.parametrize("interval", INTERVALS)
@given(TABLES)
def test_swapping_the_models_mirrors_the_interval(interval: Callable[[Table], Interval], table: Table) -> None:
    both, lost, won, neither = table
    there, back = interval(table), interval((both, won, lost, neither))
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)


def test_where_no_row_differs_wald_has_no_width_and_its_repairs_have_one() -> None:
    table = (20, 0, 0, 5)
    assert wald(table) == Interval(0.0, 0.0, 0.95)
    assert agresti_min(table).high > 0.05
    assert bonett_price(table).high > 0.1
    assert newcombe(table).high > 0.05
