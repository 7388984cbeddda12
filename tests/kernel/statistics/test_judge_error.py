"""Scores freed of the judge's error: known values, refusals, and coverage in simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.agreement import JudgeTable
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.judge_error import (
    Floats,
    JudgeNotUsable,
    arms_differ,
    corrected_delta,
    corrected_share,
    rogan_gladen,
)
from apps.kernel.statistics.proportion import wilson

# Sensitivity .90 of 100, specificity .85 of 100.
LABELS = JudgeTable(both_pass=90, judge_only=15, human_only=10, both_fail=85)
SHARE = st.floats(0, 1)


def test_rogan_and_gladen_correct_the_known_share() -> None:
    assert corrected_share(0.80, specificity=0.85, sensitivity=0.90) == pytest.approx(0.866667, abs=5e-7)


@given(SHARE, st.floats(0.65, 1), st.floats(0.65, 1))
def test_the_correction_undoes_the_judges_error(truth: float, specificity: float, sensitivity: float) -> None:
    judged = truth * sensitivity + (1 - truth) * (1 - specificity)
    assert corrected_share(judged, specificity=specificity, sensitivity=sensitivity) == pytest.approx(truth, abs=1e-9)


def test_a_perfect_judge_needs_no_correction_and_impossible_shares_are_clipped() -> None:
    assert corrected_share(0.37, specificity=1, sensitivity=1) == pytest.approx(0.37, abs=1e-12)
    assert corrected_share(0.05, specificity=0.85, sensitivity=0.9) == 0.0
    assert corrected_share(0.95, specificity=0.85, sensitivity=0.9) == 1.0


def test_the_corrected_score_stands_beside_the_raw_one() -> None:
    found = rogan_gladen(400, 500, LABELS)
    assert (found.raw, found.raw_interval) == (0.8, wilson(400, 500))
    assert found.corrected == pytest.approx(0.65 / 0.75)
    assert (found.n_judged, found.n_labelled) == (500, 200)


def test_the_interval_is_lee_and_others_step_by_step() -> None:
    found = rogan_gladen(400, 500, LABELS, level=0.95).interval
    z2, q0, q1 = 3.8414588206941245, 86 / 102, 91 / 102
    p = (400 + z2 / 2) / (500 + z2)
    middle = (p + q0 - 1) / (q0 + q1 - 1)
    shift = 2 * z2 * (-(1 - middle) * q0 * (1 - q0) / 102 + middle * q1 * (1 - q1) / 102)
    parts = p * (1 - p) / (500 + z2) + (1 - middle) ** 2 * q0 * (1 - q0) / 102 + middle**2 * q1 * (1 - q1) / 102
    half = math.sqrt(z2 * parts) / (q0 + q1 - 1)
    assert (found.low, found.high) == pytest.approx((middle + shift - half, middle + shift + half), abs=1e-12)


@given(st.integers(0, 300), st.tuples(*[st.integers(0, 40)] * 2), st.tuples(*[st.integers(0, 40)] * 2))
def test_any_counts_give_an_interval_within_0_to_1_or_a_named_refusal(
    passes: int, passed: tuple[int, int], failed: tuple[int, int]
) -> None:
    labels = JudgeTable(both_pass=passed[0], judge_only=failed[0], human_only=passed[1], both_fail=failed[1])
    enough = min(sum(passed), sum(failed)) >= 30
    if enough and passed[0] / sum(passed) + failed[1] / sum(failed) - 1 > 0.3 + 1e-9:
        interval = rogan_gladen(passes, 300, labels).interval
        assert 0 <= interval.low <= interval.high <= 1
    elif not enough or passed[0] / sum(passed) + failed[1] / sum(failed) - 1 < 0.3 - 1e-9:
        with pytest.raises(EvidenceUnusable) as refused:
            rogan_gladen(passes, 300, labels)
        assert refused.value.code in ({"judge_too_weak"} if enough else {"labels_too_few", "no_rows"})


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (JudgeTable(29, 0, 0, 60), "labels_too_few"),
        (JudgeTable(60, 0, 0, 29), "labels_too_few"),
        (JudgeTable(20, 12, 10, 18), "judge_too_weak"),
    ],
)
def test_too_few_labels_and_too_weak_a_judge_are_refused(labels: JudgeTable, code: str) -> None:
    with pytest.raises(JudgeNotUsable) as refused:
        rogan_gladen(80, 100, labels)
    assert refused.value.code == code


def test_a_judge_at_the_limit_is_still_used() -> None:
    assert corrected_share(0.5, specificity=0.7, sensitivity=0.7) == pytest.approx(0.5)
    with pytest.raises(JudgeNotUsable, match=r"0\.29"):
        corrected_share(0.5, specificity=0.69, sensitivity=0.6)


def test_shares_outside_0_to_1_are_refused() -> None:
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(EvidenceUnusable) as refused:
            corrected_share(wrong, specificity=0.9, sensitivity=0.9)
        assert refused.value.code == "share_out_of_range"


def test_fishers_test_tells_whether_the_judge_errs_alike_on_both_models() -> None:
    # The tea-tasting table: 3 of 4 right against 1 of 4 gives 34/70 two-sided.
    found = arms_differ(JudgeTable(3, 0, 1, 0), JudgeTable(1, 0, 3, 0))
    assert found.p_sensitivity == pytest.approx(34 / 70)
    assert found.p_specificity is None
    assert arms_differ(LABELS, LABELS).p_specificity == pytest.approx(1.0)
    assert arms_differ(JudgeTable(0, 0, 0, 8), JudgeTable(0, 8, 0, 0)).p_specificity == pytest.approx(2 / 12870)


def rows(losses: int, wins: int, n: int) -> Floats:
    return np.array([-1.0] * losses + [1.0] * wins + [0.0] * (n - losses - wins))


def test_a_judge_that_repeats_the_people_is_leaned_on_by_the_share_of_unlabelled_rows() -> None:
    # λ = Cov/((1 + n/N)·Var) with both variances equal: 1/(1 + 100/900).
    found = corrected_delta(rows(10, 5, 100), rows(10, 5, 100), rows(90, 45, 900))
    assert found.weight == pytest.approx(0.9, rel=0.01)
    assert found.raw == pytest.approx(-0.05)
    assert found.corrected == pytest.approx(-0.05)
    assert (found.n_labelled, found.n_unlabelled) == (100, 900)


def test_the_corrected_difference_is_the_formula() -> None:
    human, judge, others = rows(8, 2, 60), np.roll(rows(6, 3, 60), 1), rows(40, 20, 400)
    everything = np.concatenate([judge, others])
    weight = np.cov(human, judge)[0, 1] / ((1 + 60 / 400) * np.var(everything, ddof=1))
    assert 0 < weight < 1
    found = corrected_delta(human, judge, others, level=0.90)
    assert found.weight == pytest.approx(weight)
    assert found.corrected == pytest.approx(weight * others.mean() + (human - weight * judge).mean())
    rectifier = np.concatenate([human - weight * judge, [1, -1]])
    middle = weight * others.mean() + rectifier.mean()
    half = 1.6710930 * math.sqrt(weight**2 * np.var(everything, ddof=1) / 400 + np.var(rectifier) / 62)
    assert (found.interval.low, found.interval.high) == pytest.approx((middle - half, middle + half), abs=1e-6)


def test_a_judge_that_knows_nothing_or_the_opposite_is_not_leaned_on() -> None:
    human = rows(10, 10, 100)
    for judge, others in ((np.zeros(100), np.zeros(300)), (-human, rows(60, 0, 300))):
        found = corrected_delta(human, judge, others)
        assert (found.weight, found.corrected) == (0.0, 0.0)


def test_when_everything_is_labelled_the_labels_alone_count() -> None:
    found = corrected_delta(rows(6, 2, 80), rows(2, 6, 80), np.array([]))
    assert (found.weight, found.n_unlabelled) == (0.0, 0)
    assert (found.corrected, found.raw) == pytest.approx((-0.05, 0.05))


def test_labels_that_all_agree_still_leave_a_width() -> None:
    found = corrected_delta(np.zeros(50), np.zeros(50), np.zeros(500))
    assert found.corrected == 0
    assert found.interval.high == -found.interval.low > 0.04


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=50, max_size=60), st.integers(0, 20))
def test_swapping_the_models_mirrors_the_corrected_difference(pairs: list[tuple[float, float]], others: int) -> None:
    human, judge = np.array(pairs).T
    there, back = corrected_delta(human, judge, judge[:others]), corrected_delta(-human, -judge, -judge[:others])
    assert there.corrected == pytest.approx(-back.corrected, abs=1e-12)
    assert (there.interval.low, there.interval.high) == pytest.approx(
        (-back.interval.high, -back.interval.low), abs=1e-9
    )


@pytest.mark.parametrize(
    ("human", "judge", "others", "code"),
    [
        (np.zeros(49), np.zeros(49), np.zeros(9), "labels_too_few"),
        (np.zeros(60), np.zeros(59), np.zeros(9), "pairs_unequal"),
        (np.zeros(0), np.zeros(0), np.zeros(9), "no_rows"),
        (np.full(60, math.nan), np.zeros(60), np.zeros(9), "not_finite"),
        (np.zeros(60), np.zeros(60), np.full(9, 1.5), "not_finite"),
    ],
)
def test_labels_that_cannot_be_used_are_refused(human: Floats, judge: Floats, others: Floats, code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        corrected_delta(human, judge, others)
    assert refused.value.code == code


@pytest.mark.slow
@pytest.mark.parametrize("labelled", [30, 60, 200])
@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.95, 0.95), (0.9, 0.8), (0.75, 0.75), (0.99, 0.6)])
def test_the_corrected_score_holds_the_truth_in_simulation(
    sensitivity: float, specificity: float, labelled: int
) -> None:
    """Short S-13: 1,000 draws of 500 answers a cell, bar .935 less three standard errors of the simulation."""
    dice = np.random.Generator(np.random.Philox(13))
    for truth in (0.3, 0.85, 0.95):
        held = told = 0
        for _ in range(1000):
            right, wrong = int(dice.binomial(labelled, sensitivity)), int(dice.binomial(labelled, specificity))
            good = int(dice.binomial(500, truth))
            passes = int(dice.binomial(good, sensitivity) + dice.binomial(500 - good, 1 - specificity))
            try:
                found = rogan_gladen(passes, 500, JudgeTable(right, labelled - wrong, labelled - right, wrong))
            except JudgeNotUsable:
                continue
            told += 1
            held += found.interval.low <= truth <= found.interval.high
        assert told >= 900
        assert held / told >= 0.935 - 3 * math.sqrt(0.935 * 0.065 / told)


@pytest.mark.slow
@pytest.mark.parametrize("labelled", [50, 100, 200])
@pytest.mark.parametrize(("discordance", "delta"), [(0.03, -0.03), (0.05, -0.03), (0.2, -0.05), (0.5, 0.0)])
def test_the_corrected_difference_holds_the_truth_in_simulation(
    discordance: float, delta: float, labelled: int
) -> None:
    """Short S-13 for F6: a judge that agrees with people on .9 of the rows, 1,000 draws; the same bar."""
    dice = np.random.Generator(np.random.Philox(31))
    size = (1000, labelled + 1000)
    chances = [(discordance - delta) / 2, 1 - discordance, (discordance + delta) / 2]
    human = dice.choice([-1.0, 0.0, 1.0], p=chances, size=size)
    judge = np.where(dice.random(size) < 0.9, human, dice.choice([-1.0, 0.0, 1.0], p=[0.05, 0.9, 0.05], size=size))
    held = 0
    for ours, theirs in zip(human, judge, strict=True):
        found = corrected_delta(ours[:labelled], theirs[:labelled], theirs[labelled:], level=0.95).interval
        held += found.low <= delta <= found.high
    assert held / 1000 >= 0.935 - 3 * math.sqrt(0.935 * 0.065 / 1000)
