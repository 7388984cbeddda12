from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.quantile import order_limits
from apps.kernel.statistics.share import fewest_rows, highest_noticed, rows_to_decide, share_interval, share_test

LIMITS = (0.5, 0.9, 0.95, 0.98, 0.99)
counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
limits = st.floats(0.01, 0.999)


def test_known_answers() -> None:
    # The rule of three: 149 passes without a failure show 98 %, 148 do not; and 299 show 99 %.
    assert share_test(149, 149, limit=0.98).p_pass == pytest.approx(0.98**149)
    assert (fewest_rows(0.98), fewest_rows(0.99), fewest_rows(0.95), fewest_rows(0.5)) == (149, 299, 59, 5)
    assert share_test(148, 148, limit=0.98).p_pass > 0.05 >= share_test(149, 149, limit=0.98).p_pass
    assert share_interval(15, 15).low == pytest.approx(0.05 ** (1 / 15))
    assert share_test(0, 3, limit=0.9).p_pass == 1.0
    assert share_test(0, 3, limit=0.9).p_fail == pytest.approx(0.001)


@pytest.mark.parametrize("n", [1, 5, 10, 25, 59, 100, 149, 150, 299, 300, 1000])
@pytest.mark.parametrize("limit", LIMITS)
def test_a_rate_at_the_limit_is_misjudged_in_at_most_five_of_a_hundred_cards(n: int, limit: float) -> None:
    """Every possible table, at the truth where an error is likeliest: exactly the limit."""
    chances = binom.pmf(np.arange(n + 1), n, limit)
    tests = [share_test(k, n, limit=limit) for k in range(n + 1)]
    assert math.fsum(chance for chance, test in zip(chances, tests, strict=True) if test.p_pass <= 0.05) <= 0.05
    assert math.fsum(chance for chance, test in zip(chances, tests, strict=True) if test.p_fail <= 0.05) <= 0.05


@given(counts, limits)
def test_the_interval_ends_beyond_the_limit_exactly_where_the_test_turns(count: tuple[int, int], limit: float) -> None:
    successes, n = count
    test, interval = share_test(successes, n, limit=limit), share_interval(successes, n, level=0.9)
    assert interval.low <= successes / n <= interval.high
    if abs(test.p_pass - 0.05) > 1e-9:
        assert (test.p_pass < 0.05) == (interval.low > limit)
    if abs(test.p_fail - 0.05) > 1e-9:
        assert (test.p_fail < 0.05) == (interval.high < limit)


@given(counts, limits)
def test_one_more_pass_speaks_for_and_one_more_failure_against(count: tuple[int, int], limit: float) -> None:
    successes, n = count
    here, slack = share_test(successes, n, limit=limit), 1e-12
    passed, failed = share_test(successes + 1, n + 1, limit=limit), share_test(successes, n + 1, limit=limit)
    assert passed.p_pass <= here.p_pass + slack <= failed.p_pass + 2 * slack
    assert failed.p_fail <= here.p_fail + slack <= passed.p_fail + 2 * slack
    laxer = share_test(successes, n, limit=limit * 0.9)
    assert laxer.p_pass <= here.p_pass + slack
    assert laxer.p_fail >= here.p_fail - slack


@given(st.integers(1, 400), st.sampled_from(LIMITS))
def test_a_percentile_is_within_a_limit_where_enough_values_are(n: int, q: float) -> None:
    """The order statistics of a percentile and the test of a share turn at the same value."""
    lower, upper = order_limits(n, q, level=0.9)
    passing = [k for k in range(n + 1) if share_test(k, n, limit=q).p_pass <= 0.05]
    failing = [k for k in range(n + 1) if share_test(k, n, limit=q).p_fail <= 0.05]
    assert upper == (min(passing) if passing else None)
    assert lower == (max(failing) + 1 if failing else None)


@pytest.mark.parametrize(("successes", "n", "limit"), [(150, 155, 0.95), (48, 50, 0.9), (30, 40, 0.6), (60, 60, 0.95)])
def test_rows_to_decide_are_the_first_that_reach_the_power(successes: int, n: int, limit: float) -> None:
    truth = successes / n if successes < n else (n + 0.5) / (n + 1)

    def chance(rows: int) -> float:
        needed = next(k for k in range(rows + 2) if binom.sf(k - 1, rows, limit) <= 0.05)
        return float(binom.sf(needed - 1, rows, truth))

    found = rows_to_decide(successes, n, limit=limit)
    least = max(fewest_rows(limit), n + 1)
    assert found is not None
    assert chance(found) >= 0.8
    assert all(chance(rows) < 0.8 for rows in range(least, found))


def test_rows_to_decide_beyond_counting_and_where_none_would() -> None:
    assert rows_to_decide(9901, 10000, limit=0.99) == 6_100_188
    assert rows_to_decide(98, 100, limit=0.98) is None
    assert rows_to_decide(90, 100, limit=0.98) is None
    # One row that passed says so little that only the least number of rows can be told.
    assert rows_to_decide(1, 1, limit=0.98) == 149


def test_what_a_guard_would_have_noticed() -> None:
    found = highest_noticed(300, limit=0.98)
    assert found is not None
    most = max(k for k in range(301) if binom.cdf(k, 300, 0.98) <= 0.05)
    assert binom.cdf(most, 300, found) == pytest.approx(0.8)
    assert highest_noticed(3, limit=0.5) is None
    assert highest_noticed(5, limit=0.5) is not None


@pytest.mark.parametrize(
    ("successes", "n", "limit"), [(0, 0, 0.5), (3, 2, 0.5), (-1, 2, 0.5), (1, 2, 0.0), (1, 2, 1.0)]
)
def test_what_cannot_be_tested(successes: int, n: int, limit: float) -> None:
    with pytest.raises(EvidenceUnusable):
        share_test(successes, n, limit=limit)
