"""Percentiles that were observed, and how far the true one can lie."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics import quantile
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.quantile import latency_ratio_interval, nearest_rank, order_limits, rows_for_upper_limit

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)
SHARES = st.floats(0.01, 0.99)


@pytest.mark.parametrize(("q", "value"), [(0.5, 20), (0.99, 40), (0.25, 10), (0.2501, 20)])
def test_the_nearest_rank_is_the_known_one(q: float, value: float) -> None:
    assert nearest_rank([40, 10, 30, 20], q) == value


def test_a_share_that_binary_cannot_spell_does_not_jump_a_rank() -> None:
    values = list(range(1, 101))
    assert [nearest_rank(values, hundredth / 100) for hundredth in range(1, 100)] == values[:99]


@given(VALUES, SHARES)
def test_the_nearest_rank_was_observed_and_has_the_share_at_or_below_it(values: list[float], q: float) -> None:
    found = nearest_rank(values, q)
    assert found in values
    assert sum(value <= found for value in values) >= q * len(values) - 1e-6
    assert sum(value < found for value in values) < q * len(values)


@pytest.mark.parametrize(
    ("n", "p50", "p95", "p99"),
    [
        (20, (6, 15), (17, None), (19, None)),
        (50, (18, 33), (44, None), (48, None)),
        (100, (40, 61), (90, 100), (97, None)),
        (200, (86, 115), (184, 197), (195, None)),
        (300, (133, 168), (277, 293), (293, None)),
        (368, (165, 204), (341, 358), (360, 368)),
        (500, (228, 273), (465, 485), (490, 500)),
        (1000, (469, 532), (936, 964), (983, 997)),
        (2000, (956, 1045), (1880, 1920), (1971, 1989)),
        (5000, (2431, 2570), (4719, 4781), (4936, 4964)),
    ],
)
def test_the_limits_have_the_known_ranks(n: int, p50: tuple, p95: tuple, p99: tuple) -> None:
    assert (order_limits(n, 0.5), order_limits(n, 0.95), order_limits(n, 0.99)) == (p50, p95, p99)


@pytest.mark.parametrize(("q", "two_sided", "one_sided"), [(0.5, 6, 5), (0.95, 72, 59), (0.99, 368, 299)])
def test_an_upper_limit_first_exists_at_the_known_number_of_rows(q: float, two_sided: int, one_sided: int) -> None:
    assert rows_for_upper_limit(q, alpha=0.025) == two_sided
    assert rows_for_upper_limit(q, alpha=0.05) == one_sided
    assert order_limits(two_sided - 1, q)[1] is None
    assert order_limits(two_sided, q)[1] == two_sided


def test_one_row_bounds_nothing() -> None:
    assert order_limits(1, 0.5) == (None, None)


def latencies(seed: int, n: int = 80) -> np.ndarray:
    return np.random.Generator(np.random.Philox(seed)).lognormal(5, 0.5, n)


def test_equal_latencies_have_the_ratio_one_and_no_width() -> None:
    teacher = latencies(1)
    found = latency_ratio_interval(teacher, teacher, 0.95, seed=7)
    assert (found.low, found.high) == (1.0, 1.0)


def test_a_student_twice_as_slow_on_every_row_has_the_ratio_two() -> None:
    teacher = latencies(1)
    found = latency_ratio_interval(teacher, 2 * teacher, 0.5, seed=7)
    assert (found.low, found.high) == (2.0, 2.0)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    teacher, student = latencies(1), latencies(2)
    found = latency_ratio_interval(teacher, student, 0.95, seed=2**64 - 1)
    assert found == latency_ratio_interval(teacher, student, 0.95, seed=2**64 - 1)
    assert found != latency_ratio_interval(teacher, student, 0.95, seed=3)


@pytest.mark.parametrize("q", [0.02, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("n", [1, 2, 37, 400])
def test_counting_draws_gives_what_sorting_each_resample_gives(n: int, q: float) -> None:
    teacher, student = latencies(1, n), latencies(2, n)
    rows = np.random.Generator(np.random.Philox(7)).integers(0, n, size=(300, n))
    ratios = [nearest_rank(student[drawn], q) / nearest_rank(teacher[drawn], q) for drawn in rows]
    found = latency_ratio_interval(teacher, student, q, resamples=300, seed=7)
    assert (found.low, found.high) == (nearest_rank(ratios, 0.05), nearest_rank(ratios, 0.95))


def test_a_resample_of_the_fastest_rows_alone_is_read_to_its_end() -> None:
    """Hardly ever drawn: every slow row left out, so that the few slowest do not hold the place."""
    values = np.arange(1.0, 401.0)
    times = np.zeros((2, 400), dtype=np.int64)
    times[0, 3] = times[1, 399] = 400
    assert quantile._slowest(values, np.argsort(-values), times, 5).tolist() == [4.0, 400.0]


def test_the_interval_is_around_the_observed_ratio() -> None:
    teacher, student = latencies(1, 400), 0.6 * latencies(2, 400)
    observed = nearest_rank(student, 0.5) / nearest_rank(teacher, 0.5)
    found = latency_ratio_interval(teacher, student, 0.5, seed=7)
    assert found.low < observed < found.high
    assert found.high < 0.8


def test_a_higher_level_is_never_narrower() -> None:
    teacher, student = latencies(1), latencies(2)
    narrow = latency_ratio_interval(teacher, student, 0.9, level=0.8, seed=7)
    wide = latency_ratio_interval(teacher, student, 0.9, level=0.98, seed=7)
    assert wide.low <= narrow.low < narrow.high <= wide.high


@pytest.mark.parametrize(
    ("teacher", "student", "code"),
    [([], [], "no_rows"), ([1.0, 2.0], [1.0], "pairs_unequal"), ([0.0, 0.0], [1.0, 1.0], "latency_zero")],
)
def test_latencies_without_a_ratio_are_refused(teacher: list[float], student: list[float], code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        latency_ratio_interval(np.array(teacher), np.array(student), 0.5, seed=1)
    assert refused.value.code == code


@pytest.mark.parametrize("q", [0.0, 1.0, 99.0, float("nan")])
def test_a_quantile_lies_strictly_between_0_and_1(q: float) -> None:
    for ask in (lambda: nearest_rank([1.0], q), lambda: order_limits(10, q), lambda: rows_for_upper_limit(q)):
        with pytest.raises(EvidenceUnusable) as refused:
            ask()
        assert refused.value.code == "quantile_out_of_range"


def test_no_values_have_no_rank() -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        nearest_rank([], 0.5)
    assert refused.value.code == "no_rows"
