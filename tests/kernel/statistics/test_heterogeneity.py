from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from apps.kernel.statistics.bounded import Moments, Stratum, moments
from apps.kernel.statistics.heterogeneity import against_rest


def of(values: list[float]) -> Moments:
    return moments([Stratum(1.0, np.array(values))])


def test_a_cohort_is_set_against_the_weighted_rest() -> None:
    parts = [(0.2, of([-1.0] * 10 + [0.0] * 40)), (0.6, of([0.0] * 90 + [1.0] * 10)), (0.2, of([0.0] * 30))]
    found = against_rest(parts)[0]
    assert found is not None
    assert found.delta == pytest.approx(-0.2 - 0.75 * 0.1)
    a, b, c = (each for _, each in parts)
    variances = [a.spread**2, 0.75**2 * b.spread**2, 0.25**2 * c.spread**2]
    freedom = sum(variances) ** 2 / sum(v**2 / m.freedom for v, m in zip(variances, (a, b, c), strict=True))
    distance = (a.shrunken - 0.75 * b.shrunken) / sum(variances) ** 0.5
    assert found.p == pytest.approx(2 * student.cdf(-abs(distance), freedom))


def test_two_cohorts_are_the_same_contrast_from_both_sides() -> None:
    one, other = against_rest([(0.5, of([0.0, 0.3, -0.1])), (0.5, of([0.2] * 9))])
    assert one is not None
    assert other is not None
    assert (one.delta, one.p) == pytest.approx((-other.delta, other.p))


def test_equal_cohorts_are_no_news_and_a_lone_one_has_no_rest() -> None:
    same = [(1.0, of([0.0, 0.1, -0.1] * 20))] * 3
    assert [found.p for found in against_rest(same) if found] == pytest.approx([1.0] * 3)
    assert against_rest(same[:1]) == [None]
    assert against_rest([(1.0, of([0.0])), (0.0, of([0.0]))])[0] is None
