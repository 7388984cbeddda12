"""Judge against people: known coefficients, their intervals by another route, and where nothing can be said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.agreement import (
    Agreement,
    JudgeTable,
    Table,
    cohen_kappa,
    gwet_ac1,
    judge_accuracy,
    pabak,
)
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.proportion import wilson

COUNT = st.integers(0, 60)
TABLES = st.tuples(COUNT, COUNT, COUNT, COUNT).filter(any).map(lambda c: ((c[0], c[1]), (c[2], c[3])))
COEFFICIENTS = [cohen_kappa, gwet_ac1, pabak]


@pytest.mark.parametrize(
    ("table", "kappa", "ac1", "even"),
    [(((20, 5), (10, 15)), 0.4000, 0.4059, 0.40), (((90, 5), (5, 0)), -0.0526, 0.8895, 0.80)],
)
def test_known_tables_have_the_known_coefficients(table: Table, kappa: float, ac1: float, even: float) -> None:
    assert cohen_kappa(table).value == pytest.approx(kappa, abs=5e-5)
    assert gwet_ac1(table).value == pytest.approx(ac1, abs=5e-5)
    assert pabak(table).value == pytest.approx(even, abs=1e-12)


def fleiss_cohen_everitt(table: Table) -> float:
    """κ's large-sample standard error as the three sums of the 1969 paper, cell by cell."""
    n = sum(map(sum, table))
    p = [[count / n for count in row] for row in table]
    size = range(len(p))
    rows, columns = [sum(row) for row in p], [sum(row[j] for row in p) for j in size]
    seen, chance = sum(p[i][i] for i in size), sum(rows[i] * columns[i] for i in size)
    on = sum(p[i][i] * ((1 - chance) - (rows[i] + columns[i]) * (1 - seen)) ** 2 for i in size)
    off = (1 - seen) ** 2 * sum(p[i][j] * (columns[i] + rows[j]) ** 2 for i in size for j in size if i != j)
    last = (seen * chance - 2 * chance + seen) ** 2
    return math.sqrt((on + off - last) / n) / (1 - chance) ** 2


@pytest.mark.parametrize("table", [((20, 5), (10, 15)), ((40, 3, 2), (6, 25, 4), (1, 5, 14)), ((3, 9), (8, 2))])
def test_kappas_interval_is_that_of_fleiss_cohen_and_everitt(table: Table) -> None:
    found = cohen_kappa(table, level=0.95)
    assert found.value is not None
    assert found.interval is not None
    half = 1.959963984540054 * fleiss_cohen_everitt(table)
    assert (found.interval.low, found.interval.high) == pytest.approx((found.value - half, found.value + half))


def test_three_categories_have_the_kappa_of_the_definition() -> None:
    # 79 of 100 agree; by chance .45·.47 + .35·.33 + .20·.20 would.
    table = ((40, 3, 2), (6, 25, 4), (1, 5, 14))
    assert cohen_kappa(table).value == pytest.approx((0.79 - 0.367) / (1 - 0.367))


@given(TABLES)
@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_swapping_the_raters_or_the_categories_changes_nothing(coefficient: object, table: Table) -> None:
    (a, b), (c, d) = table
    there = coefficient(table)  # type: ignore[operator]
    for other in (((a, c), (b, d)), ((d, c), (b, a))):
        assert same(there, coefficient(other))  # type: ignore[operator]


def same(one: Agreement, other: Agreement) -> bool:
    if one.value is None or other.value is None or one.interval is None or other.interval is None:
        return (one.value, one.interval, one.reason) == (other.value, other.interval, other.reason)
    found = (one.value, one.interval.low, one.interval.high)
    return found == pytest.approx((other.value, other.interval.low, other.interval.high), abs=1e-9)


@given(TABLES)
@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_a_coefficient_lies_in_its_interval_within_minus_1_to_1(coefficient: object, table: Table) -> None:
    found: Agreement = coefficient(table)  # type: ignore[operator]
    if found.value is not None and found.interval is not None:
        assert -1 <= found.interval.low <= found.interval.high <= 1
        assert found.interval.low - 1e-9 <= found.value <= found.interval.high + 1e-9


def test_full_agreement_has_no_interval_since_a_standard_error_of_0_is_no_certainty() -> None:
    for coefficient in (cohen_kappa, gwet_ac1):
        assert coefficient(((7, 0), (0, 5))) == Agreement(1.0, None, "no_disagreement")
    found = pabak(((7, 0), (0, 5)))
    assert found.value == 1.0
    assert found.interval is not None
    assert found.interval.low == pytest.approx(2 * wilson(12, 12).low - 1)


def test_where_everything_passes_kappa_is_undefined_and_ac1_is_not() -> None:
    assert cohen_kappa(((9, 0), (0, 0))) == Agreement(None, None, "one_category")
    assert gwet_ac1(((9, 0), (0, 0))).value == 1.0


def test_error_rates_are_shares_of_what_people_said() -> None:
    found = judge_accuracy(JudgeTable(both_pass=45, judge_only=6, human_only=5, both_fail=34))
    assert (found.sensitivity.share, found.sensitivity.n) == (0.9, 50)
    assert (found.specificity.share, found.specificity.n) == (0.85, 40)
    assert (found.agreement.share, found.agreement.n) == (79 / 90, 90)
    assert found.youden == pytest.approx(0.75)
    assert found.sensitivity.interval == wilson(45, 50, level=0.95)
    assert found.specificity.interval == wilson(34, 40, level=0.95)


def test_nothing_that_people_failed_leaves_the_specificity_unknown_and_not_0() -> None:
    found = judge_accuracy(JudgeTable(both_pass=3, judge_only=0, human_only=1, both_fail=0))
    assert (found.specificity.share, found.specificity.interval, found.specificity.n) == (None, None, 0)
    assert found.youden is None
    assert found.sensitivity.share == 0.75


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (((0, 0), (0, 0)), "no_rows"),
        (((1, -1), (2, 2)), "counts_do_not_fit"),
        (((1, 2, 3), (1, 2, 3)), "table_not_square"),
        (((4,),), "table_not_square"),
    ],
)
@pytest.mark.parametrize("coefficient", COEFFICIENTS)
def test_tables_that_are_none_are_refused(coefficient: object, table: Table, code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        coefficient(table)  # type: ignore[operator]
    assert refused.value.code == code


@pytest.mark.slow
@pytest.mark.parametrize("agreement", [0.7, 0.85])
def test_the_kappa_and_ac1_intervals_hold_the_truth_in_simulation(agreement: float) -> None:
    """2,000 tables of 150 answers; 95 % nominal, bar 93 % less three standard errors of the simulation."""
    cells = np.array([agreement * 0.6, (1 - agreement) / 2, (1 - agreement) / 2, agreement * 0.4])
    draws = np.random.Generator(np.random.Philox(7)).multinomial(150, cells, size=2000)
    large = tuple(map(tuple, np.round(cells * 1_000_000).astype(int).reshape(2, 2).tolist()))
    for coefficient in (cohen_kappa, gwet_ac1):
        truth = coefficient(large).value
        assert truth is not None
        held = 0
        for draw in draws:
            interval = coefficient(draw.reshape(2, 2).tolist()).interval
            held += interval is not None and interval.low <= truth <= interval.high
        assert held / 2000 >= 0.93 - 3 * math.sqrt(0.93 * 0.07 / 2000)
