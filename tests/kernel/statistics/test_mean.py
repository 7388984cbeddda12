"""The t interval of a mean amount: known answers, edges, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.mean import mean_of


def test_the_limits_are_students() -> None:
    values = np.array([4.2, 3.9, 4.8, 4.4, 3.7, 4.1, 5.0, 3.9])
    found = mean_of([(1.0, values)], level=0.95).interval
    assert found is not None
    # Mean 4.25, standard deviation 0.456696, t of 7 degrees 2.364624: 4.25 ± 0.381808.
    assert (found.low, found.high, found.level) == (
        pytest.approx(3.868192, abs=1e-6),
        pytest.approx(4.631808, abs=1e-6),
        0.95,
    )
    expected = stats.t.interval(0.95, 7, loc=values.mean(), scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)


def test_amounts_do_not_fall_below_nothing_and_equal_ones_are_certain() -> None:
    wide = mean_of([(1.0, np.array([0.0, 0.0, 9.0]))]).interval
    assert wide is not None
    assert (wide.low, round(wide.high, 6)) == (0.0, 11.759957)
    equal = mean_of([(1.0, np.full(4, 2.5))]).interval
    assert equal is not None
    assert (equal.low, equal.high) == (2.5, 2.5)


def test_one_amount_has_a_mean_and_no_interval() -> None:
    found = mean_of([(0.5, np.array([3.0])), (0.5, np.array([1.0, 2.0]))])
    assert (found.mean, found.interval) == (2.25, None)


@pytest.mark.parametrize(
    ("values", "code"), [([], "no_rows"), ([1.0, -1.0], "amount_unusable"), ([np.inf, 1.0], "amount_unusable")]
)
def test_what_is_no_amount_is_refused(values: list[float], code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        mean_of([(1.0, np.array(values))])
    assert refused.value.code == code


def test_strata_add_their_variances_and_no_spread_between_them() -> None:
    alike = mean_of([(0.75, np.full(5, 1.0)), (0.25, np.full(5, 3.0))])
    assert alike.interval is not None
    assert (alike.mean, alike.interval.low, alike.interval.high) == (1.5, 1.5, 1.5)
    # A quarter of 1/4 and of 1: variance 0.3125 with 0.3125²/(0.0625² + 0.25²) = 25/17 degrees of freedom.
    found = mean_of([(2.0, np.array([9.0, 10.0])), (2.0, np.array([8.0, 10.0])), (0.0, np.array([99.0]))], level=0.9)
    assert found.interval is not None
    half = float(stats.t.ppf(0.95, 25 / 17)) * 0.3125**0.5
    assert (found.mean, found.interval.low) == (9.25, pytest.approx(9.25 - half, abs=1e-9))
