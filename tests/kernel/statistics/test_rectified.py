"""Corrected differences over cohorts: one stratum is PPI++ itself, several are not tilted by unequal labelling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.judge_error import JudgeNotUsable, corrected_delta
from apps.kernel.statistics.rectified import (
    LabelledStratum,
    rectified,
    rectified_delta,
    rectified_test,
)

THIRDS = st.sampled_from([-1.0, -0.5, 0.0, 0.0, 0.0, 0.5, 1.0])


def stratum(weight: float, human: list[float], judge: list[float], rest: list[float], missing: int = 0):
    return LabelledStratum(weight, np.array(human, float), np.array(judge, float), np.array(rest, float), missing)


def fifty(seed: int = 1, n: int = 60, rest: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    dice = np.random.default_rng(seed)
    human = dice.choice([-1.0, 0.0, 1.0], size=n, p=[0.1, 0.82, 0.08])
    judge = np.where(dice.random(n) < 0.9, human, dice.choice([-1.0, 0.0, 1.0], size=n))
    return human, judge, dice.choice([-1.0, 0.0, 1.0], size=rest, p=[0.12, 0.8, 0.08])


def test_one_stratum_is_the_corrected_delta_to_the_last_digit() -> None:
    human, judge, rest = fifty()
    alone = corrected_delta(human, judge, rest, level=0.9)
    found = rectified_delta([LabelledStratum(1.0, human, judge, rest)], level=0.9)
    assert found.corrected == pytest.approx(alone.corrected, abs=1e-12)
    assert (found.interval.low, found.interval.high) == pytest.approx((alone.interval.low, alone.interval.high))
    assert found.weight == pytest.approx(alone.weight)
    assert (found.n_labelled, found.n_unlabelled, found.raw) == (60, 200, pytest.approx(alone.raw))


def test_a_cohort_that_is_labelled_more_often_does_not_tilt_the_whole() -> None:
    """Cohort a (10 % of traffic) lost every row in people's eyes, b none; the judge saw no difference anywhere."""
    a = stratum(0.1, [-1.0] * 80, [0.0] * 80, [0.0] * 20)
    b = stratum(0.9, [0.0] * 20, [0.0] * 20, [0.0] * 880)
    assert rectified_delta([a, b]).corrected == pytest.approx(-0.1)
    assert rectified_delta([a, b]).raw == 0.0


def test_without_further_rows_the_labels_stand_alone() -> None:
    found = rectified_delta([stratum(1.0, [1.0] * 5 + [0.0] * 45, [0.0] * 50, [])])
    assert (found.corrected, found.weight) == (pytest.approx(0.1), 0.0)


def test_all_ties_never_look_certain() -> None:
    found = rectified_delta([stratum(1.0, [0.0] * 50, [0.0] * 50, [0.0] * 450)], level=0.9)
    assert found.interval.low == pytest.approx(-0.0456, abs=5e-5)
    assert found.interval.high == -found.interval.low


@pytest.mark.parametrize(
    ("strata", "code"),
    [
        ([], "no_rows"),
        ([stratum(1.0, [0.0] * 49, [0.0] * 49, [0.0])], "labels_too_few"),
        ([stratum(0.5, [0.0] * 60, [0.0] * 60, [0.0]), stratum(0.5, [0.0] * 4, [0.0] * 4, [0.0])], "labels_too_few"),
        ([stratum(0.5, [0.0] * 60, [0.0] * 60, [0.0]), stratum(0.5, [], [], [0.0])], "labels_too_few"),
        ([stratum(0.5, [0.0] * 60, [0.0] * 60, [0.0])], "weights"),
        ([stratum(1.0, [0.0] * 60, [0.0] * 59, [0.0])], "pairs_unequal"),
        ([stratum(1.0, [0.0] * 59 + [float("nan")], [0.0] * 60, [0.0])], "not_finite"),
        ([stratum(1.0, [0.0] * 60, [0.0] * 60, [1.5])], "not_finite"),
    ],
)
def test_what_cannot_be_corrected_is_refused_by_name(strata: list[LabelledStratum], code: str) -> None:
    with pytest.raises((EvidenceUnusable, JudgeNotUsable)) as refused:
        rectified_delta(strata)
    assert refused.value.code == code


def test_a_small_cohort_that_is_labelled_whole_needs_no_five() -> None:
    strata = [stratum(0.9, [0.0] * 60, [0.0] * 60, [0.0] * 30), stratum(0.1, [-1.0] * 2, [0.0] * 2, [])]
    assert rectified_delta(strata).corrected == pytest.approx(-0.1)


def test_missing_rows_count_both_ways() -> None:
    strata = [stratum(1.0, [0.0] * 100, [0.0] * 100, [0.0] * 300, missing=100)]
    plain, against, favour = (rectified_test(strata, margin=0.1, filled=value) for value in (None, -1.0, 1.0))
    assert plain.p_pass < 0.001
    # Counted as losses a fifth of the rows is lost, beyond the margin.
    assert against.p_pass > 0.99
    assert favour.p_fail > 0.999


def test_the_test_turns_where_the_interval_ends() -> None:
    human, judge, rest = fifty(3)
    strata = [LabelledStratum(1.0, human, judge, rest)]
    low = rectified_delta(strata, level=0.9).interval.low
    assert rectified_test(strata, margin=-low).p_pass == pytest.approx(0.05, abs=1e-9)


def test_the_spread_of_the_rectifier_is_that_of_its_rows() -> None:
    found = rectified([stratum(1.0, [1.0, -1.0] * 30, [0.0] * 60, [0.0] * 9)])
    assert (found.deviation, found.effective) == (pytest.approx(1.0), 60)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(THIRDS, THIRDS), min_size=50, max_size=70), st.lists(THIRDS, max_size=40))
def test_order_says_nothing_and_mirroring_mirrors(pairs: list[tuple[float, float]], rest: list[float]) -> None:
    human, judge = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = rectified_delta([stratum(1.0, human, judge, rest)])
    turned = rectified_delta([stratum(1.0, human[::-1], judge[::-1], rest[::-1])])
    mirrored = rectified_delta([stratum(1.0, [-x for x in human], [-x for x in judge], [-x for x in rest])])
    assert (turned.interval.low, turned.corrected) == pytest.approx((found.interval.low, found.corrected))
    assert (mirrored.interval.low, mirrored.corrected) == pytest.approx((-found.interval.high, -found.corrected))
    assert -1 <= found.interval.low <= found.interval.high <= 1
