"""The t interval of a mean amount: known answers, edges, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.mean import mean_interval


def test_the_limits_are_students() -> None:
    values = np.array([4.2, 3.9, 4.8, 4.4, 3.7, 4.1, 5.0, 3.9])
    found = mean_interval(values, level=0.95)
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
    wide = mean_interval(np.array([0.0, 0.0, 9.0]))
    assert wide is not None
    assert (wide.low, round(wide.high, 6)) == (0.0, 11.759957)
    equal = mean_interval(np.full(4, 2.5))
    assert equal is not None
    assert (equal.low, equal.high) == (2.5, 2.5)


def test_one_amount_has_a_mean_and_no_interval() -> None:
    assert mean_interval(np.array([3.0])) is None


@pytest.mark.parametrize(
    ("values", "code"), [([], "no_rows"), ([1.0, -1.0], "amount_unusable"), ([np.inf, 1.0], "amount_unusable")]
)
def test_what_is_no_amount_is_refused(values: list[float], code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        mean_interval(np.array(values))
    assert refused.value.code == code
