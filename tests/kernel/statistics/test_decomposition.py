"""Mix and rate: the known split, exact sums, and the losses that a good global figure hides."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.decomposition import CohortDelta, CohortSide, HiddenLoss, kitagawa, simpson
from apps.kernel.statistics.interval import EvidenceUnusable

COHORT = st.tuples(st.integers(0, 50), st.floats(-1, 1), st.integers(0, 50), st.floats(-1, 1))
COHORTS = st.lists(COHORT, min_size=1, max_size=6).filter(
    lambda found: sum(one[0] for one in found) > 0 and sum(one[2] for one in found) > 0
)


def sides(found: list[tuple[int, float, int, float]]) -> tuple[dict[str, CohortSide], dict[str, CohortSide]]:
    before, after = sum(one[0] for one in found), sum(one[2] for one in found)
    return (
        {f"c{place}": CohortSide(one[0] / before, one[1]) for place, one in enumerate(found)},
        {f"c{place}": CohortSide(one[2] / after, one[3]) for place, one in enumerate(found)},
    )


def test_both_cohorts_better_and_the_whole_worse_is_the_known_split() -> None:
    found = kitagawa(
        {"easy": CohortSide(0.8, 0.95), "hard": CohortSide(0.2, 0.60)},
        {"easy": CohortSide(0.4, 0.96), "hard": CohortSide(0.6, 0.62)},
    )
    assert (found.total, found.mix, found.rate) == pytest.approx((-0.124, -0.138, 0.014), abs=1e-12)
    assert (found.before, found.after) == pytest.approx((0.88, 0.756), abs=1e-12)
    assert found.reversed is True


@given(COHORTS)
def test_the_parts_sum_exactly_to_the_total_and_the_total_is_the_change(
    found: list[tuple[int, float, int, float]],
) -> None:
    split = kitagawa(*sides(found))
    assert split.total == split.mix + split.rate
    assert split.total == pytest.approx(split.after - split.before, abs=1e-12)
    assert split.mix == math.fsum(part.mix for part in split.parts)
    assert split.rate == math.fsum(part.rate for part in split.parts)


@given(COHORTS)
def test_going_back_is_the_same_way_with_the_other_sign(found: list[tuple[int, float, int, float]]) -> None:
    before, after = sides(found)
    there, back = kitagawa(before, after), kitagawa(after, before)
    assert (there.mix, there.rate, there.reversed) == (-back.mix, -back.rate, back.reversed)


@given(COHORTS)
def test_equal_weights_leave_no_mix_and_equal_figures_no_rate(found: list[tuple[int, float, int, float]]) -> None:
    before, after = sides(found)
    assert kitagawa(before, {name: CohortSide(before[name].weight, after[name].figure) for name in before}).mix == 0
    assert kitagawa(before, {name: CohortSide(after[name].weight, before[name].figure) for name in before}).rate == 0


def test_a_cohort_that_only_one_side_has_is_all_mix() -> None:
    found = kitagawa({"a": CohortSide(1.0, 0.9)}, {"a": CohortSide(0.5, 0.9), "b": CohortSide(0.5, 0.5)})
    assert found.mix == pytest.approx(-0.2)
    assert found.rate == 0


def test_cohorts_that_moved_both_ways_are_no_reversal() -> None:
    found = kitagawa(
        {"a": CohortSide(0.5, 0.9), "b": CohortSide(0.5, 0.5)}, {"a": CohortSide(0.5, 0.8), "b": CohortSide(0.5, 0.7)}
    )
    assert found.total == pytest.approx(0.05)
    assert found.reversed is False


def test_a_loss_behind_a_good_global_delta_is_named() -> None:
    found = simpson([CohortDelta("chat", 0.95, 0.01, 0.95), CohortDelta("refunds", 0.05, -0.08, 0.05)])
    assert found.golden_delta == found.live_delta == pytest.approx(0.0055)
    assert found.hidden == (HiddenLoss("refunds", "golden", -0.08), HiddenLoss("refunds", "live", -0.08))
    assert found.lost_in_the_mix is False
    assert (found.split.mix, found.split.rate) == (0.0, 0.0)


def test_live_traffic_can_turn_a_golden_gain_into_a_loss_by_its_mix_alone() -> None:
    found = simpson([CohortDelta("chat", 0.9, 0.01, 0.6), CohortDelta("refunds", 0.1, -0.05, 0.4)])
    assert (found.golden_delta, found.live_delta) == pytest.approx((0.004, -0.014))
    assert found.lost_in_the_mix is True
    assert found.split.mix == pytest.approx(-0.018)
    assert found.split.rate == 0
    # The live loss is plain to see; only the golden side hides one.
    assert found.hidden == (HiddenLoss("refunds", "golden", -0.05),)


def test_live_deltas_count_where_they_are_known() -> None:
    found = simpson([CohortDelta("chat", 0.9, 0.01, 0.9, 0.02), CohortDelta("refunds", 0.1, 0.01, 0.1, -0.05)])
    assert found.live_delta == pytest.approx(0.013)
    assert found.split.rate == pytest.approx(0.003)
    assert found.hidden == (HiddenLoss("refunds", "live", -0.05),)


def test_the_tolerance_is_the_least_loss_that_is_told() -> None:
    cohorts = [CohortDelta("chat", 0.9, 0.01, 0.9), CohortDelta("refunds", 0.1, -0.05, 0.1)]
    assert len(simpson(cohorts, tolerance=0.049).hidden) == 2
    assert simpson(cohorts, tolerance=0.05).hidden == ()


def test_a_cohort_seen_only_live_is_checked_there() -> None:
    found = simpson([CohortDelta("chat", 1.0, 0.02, 0.8, 0.02), CohortDelta("voice", 0.0, None, 0.2, -0.03)])
    assert found.hidden == (HiddenLoss("voice", "live", -0.03),)
    assert (found.split.rate, found.lost_in_the_mix) == (0.0, False)


@given(COHORTS, st.floats(0, 0.5))
def test_a_hidden_loss_is_a_loss_and_its_whole_is_none(
    found: list[tuple[int, float, int, float]], tolerance: float
) -> None:
    before, after = sides(found)
    check = simpson(
        [CohortDelta(name, before[name].weight, before[name].figure, after[name].weight, after[name].figure)
         for name in before],
        tolerance=tolerance,
    )  # fmt: skip
    for loss in check.hidden:
        assert loss.delta < -tolerance
        assert (check.golden_delta if loss.side == "golden" else check.live_delta) >= -tolerance


@pytest.mark.parametrize(
    ("side", "code"),
    [
        ({}, "no_rows"),
        ({"a": CohortSide(0.9, 0.5)}, "weights"),
        ({"a": CohortSide(1.2, 0.5), "b": CohortSide(-0.2, 0.5)}, "weights"),
        ({"a": CohortSide(math.nan, 0.5)}, "weights"),
        ({"a": CohortSide(0.5, 0.5), "b": CohortSide(0.5, None)}, "score_missing"),
        ({"a": CohortSide(1.0, math.nan)}, "not_finite"),
        ({"a": CohortSide(1.0, 1.5)}, "not_finite"),
    ],
)
def test_sides_that_are_not_whole_are_refused(side: dict[str, CohortSide], code: str) -> None:
    whole = {"a": CohortSide(1.0, 0.5)}
    for before, after in ((side, whole), (whole, side)):
        with pytest.raises(EvidenceUnusable) as refused:
            kitagawa(before, after)
        assert refused.value.code == code


def test_a_cohort_given_twice_and_a_tolerance_below_0_are_refused() -> None:
    one = CohortDelta("chat", 0.5, 0.0, 0.5)
    for cohorts, tolerance, code in (([one, one], 0.0, "duplicate_cohort"), ([one], -0.1, "tolerance_out_of_range")):
        with pytest.raises(EvidenceUnusable) as refused:
            simpson(cohorts, tolerance=tolerance)
        assert refused.value.code == code
