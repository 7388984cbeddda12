"""A cost ratio is of sums, with limits that are honest when the teacher's cost is hardly known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.ratio import fieller

TEACHER = np.array([4.2, 3.9, 4.8, 4.4, 3.7, 4.1, 5.0, 3.9])
STUDENT = np.array([0.31, 0.28, 0.40, 0.33, 0.27, 0.30, 0.39, 0.29])
COSTS = st.lists(st.tuples(st.floats(0.01, 10), st.floats(1, 10)), min_size=3, max_size=30)


def test_the_known_costs_have_the_known_ratio_and_limits() -> None:
    found = fieller(STUDENT, TEACHER, level=0.95)
    assert found.ratio == pytest.approx(0.075588, abs=5e-7)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((0.071981, 0.078715), abs=5e-7)
    assert found.interval.level == 0.95


def test_it_is_the_ratio_of_means_and_not_the_mean_of_ratios() -> None:
    assert float(np.mean(STUDENT / TEACHER)) == pytest.approx(0.075305, abs=5e-7)
    assert fieller(STUDENT, TEACHER).ratio == pytest.approx(STUDENT.sum() / TEACHER.sum(), rel=1e-12)


def test_a_constant_share_has_an_interval_of_just_that_share() -> None:
    found = fieller(TEACHER / 4, TEACHER)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((0.25, 0.25), abs=1e-7)


def test_a_teacher_that_costs_nothing_has_no_ratio() -> None:
    found = fieller(STUDENT, np.zeros(8))
    assert (found.ratio, found.interval) == (None, None)


def test_a_free_student_costs_a_share_of_nothing() -> None:
    found = fieller(np.zeros(8), TEACHER)
    assert found.ratio == 0.0
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((0, 0), abs=1e-9)


def test_one_row_has_a_ratio_and_no_interval() -> None:
    found = fieller(np.array([1.0]), np.array([4.0]))
    assert (found.ratio, found.interval) == (0.25, None)


def test_a_teacher_cost_that_cannot_be_told_from_nothing_has_no_bounded_interval() -> None:
    found = fieller(np.array([1.0, 1.0, 1.0]), np.array([0.0, 0.0, 9.0]))
    assert (found.ratio, found.interval) == (pytest.approx(1 / 3), None)


@given(COSTS, st.floats(0.1, 100))
def test_the_currency_does_not_matter(costs: list[tuple[float, float]], rate: float) -> None:
    student, teacher = (np.array(side) for side in zip(*costs, strict=True))
    one, other = fieller(student, teacher), fieller(student * rate, teacher * rate)
    assert one.ratio == pytest.approx(other.ratio, rel=1e-9)
    if one.interval and other.interval:
        assert (one.interval.low, one.interval.high) == pytest.approx(
            (other.interval.low, other.interval.high), abs=1e-5
        )


@given(COSTS)
def test_the_interval_holds_the_ratio_and_widens_with_the_level(costs: list[tuple[float, float]]) -> None:
    student, teacher = (np.array(side) for side in zip(*costs, strict=True))
    narrow, wide = fieller(student, teacher, level=0.5), fieller(student, teacher, level=0.95)
    assert narrow.ratio is not None
    if narrow.interval and wide.interval:
        assert wide.interval.low - 1e-9 <= narrow.interval.low <= narrow.ratio + 1e-9
        assert narrow.ratio - 1e-9 <= narrow.interval.high <= wide.interval.high + 1e-9


@pytest.mark.parametrize(
    ("student", "teacher", "code"),
    [
        ([], [], "no_rows"),
        ([1.0], [1.0, 2.0], "cost_unusable"),
        ([-1.0, 1.0], [1.0, 1.0], "cost_unusable"),
        ([1.0, 1.0], [1.0, float("nan")], "cost_unusable"),
        ([1.0, float("inf")], [1.0, 1.0], "cost_unusable"),
    ],
)
def test_costs_that_are_none_are_refused(student: list[float], teacher: list[float], code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        fieller(np.array(student), np.array(teacher))
    assert refused.value.code == code
