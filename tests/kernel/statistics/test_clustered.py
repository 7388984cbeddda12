"""The cluster is the unit: what single rows give when each is its own cluster, and what whole lost clusters cost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from apps.kernel.statistics.bounded import Moments, Stratum, phantom_interval
from apps.kernel.statistics.clustered import (
    ClusteredStratum,
    clustered_interval,
    clustered_moments,
    clustered_test,
    design_effect,
    has_few_clusters,
)
from apps.kernel.statistics.interval import EvidenceUnusable


def stratum(groups: Sequence[Sequence[float]], *, weight: float = 1.0, first: int = 0) -> ClusteredStratum:
    """Differences of each cluster; labels count up from ``first``."""
    return ClusteredStratum(
        weight,
        np.arange(first, first + len(groups)),
        np.array([float(len(group)) for group in groups]),
        np.array([float(sum(group)) for group in groups]),
    )


def test_the_variance_is_that_of_cluster_sums() -> None:
    groups = [[0.5, 0.1], [-0.3], [0.0, 0.2, 0.1], [-0.5, -0.1], [0.4]]
    found = clustered_moments([stratum(groups)])
    rows = [value for group in groups for value in group]
    mean, n, count = sum(rows) / 9, 9, 5
    variance = count / (count - 1) * sum(sum(value - mean for value in group) ** 2 for group in groups) / n**2
    effective = n**2 / sum(len(group) ** 2 for group in groups)
    phantoms = 2 / (effective + 2) ** 2 + 2 * effective * mean**2 / (effective + 2) ** 3
    shrink = effective / (effective + 2)
    assert found.delta == pytest.approx(mean, abs=1e-15)
    assert found.spread == pytest.approx((shrink**2 * variance + phantoms) ** 0.5, abs=1e-15)
    assert found.freedom == round(effective) - 1 == 3


def test_rows_that_are_each_their_own_cluster_are_rows() -> None:
    values = [0.1, -0.2, 0.0, 0.0, 0.05, -0.05, 0.0, 0.0, -1.0, 0.0] * 30
    ours = clustered_interval([stratum([[value] for value in values])])
    theirs = phantom_interval([Stratum(1.0, np.array(values))])
    assert ours.delta == pytest.approx(theirs.delta)
    assert (ours.interval.low, ours.interval.high) == pytest.approx(
        (theirs.interval.low, theirs.interval.high), abs=2e-4
    )


def test_equal_rows_of_a_cluster_are_one_piece_of_evidence() -> None:
    values = [0.0] * 18 + [-1.0, 1.0]
    once = clustered_moments([stratum([[value] for value in values])])
    tenfold = clustered_moments([stratum([[value] * 10 for value in values])])
    assert tenfold.spread == pytest.approx(once.spread)
    assert tenfold.freedom == once.freedom == 19


def test_one_large_cluster_is_worth_little_more_than_itself() -> None:
    effect = design_effect([stratum([[0.0] * 95, *[[0.0]] * 5])])
    assert effect.effective == pytest.approx(100**2 / (95**2 + 5))


def test_a_cluster_in_two_strata_is_added_up_before_it_is_squared() -> None:
    ones = [[0.2], [-0.2], [0.1], [-0.1], [0.3], [-0.3]]
    same = [stratum(ones, weight=0.5), stratum(ones, weight=0.5)]
    apart = [stratum(ones, weight=0.5), stratum(ones, weight=0.5, first=6)]
    assert clustered_moments(same).spread > clustered_moments(apart).spread
    assert clustered_moments(same).spread == pytest.approx(clustered_moments([stratum(ones)]).spread)


def with_row_phantoms(groups: list[list[float]]) -> Moments:
    """The cluster variance with two phantom rows among the rows, as the design first had it."""
    rows, count = np.concatenate(groups), len(groups)
    delta = float(rows.mean())
    sums = np.array([sum(group) - len(group) * delta for group in groups])
    variance = count / (count - 1) * float(np.sum(sums**2)) / len(rows) ** 2
    return Moments.with_phantoms(delta, variance, effective=float(len(rows)), freedom=count - 1)


@pytest.mark.parametrize(("margin", "clusters", "expected"), [(0.03, 100, 0.0476), (0.01, 300, 0.0490)])
@pytest.mark.parametrize("size", [1, 5, 20])
def test_whole_clusters_lost_together_pass_within_alpha(
    margin: float, clusters: int, expected: float, size: int
) -> None:
    """Counted over every number of lost clusters, at a student exactly on the margin; phantom rows let 4 times more."""
    ours = rows = 0.0
    for lost in range(16):
        groups = [[-1.0] * size] * lost + [[0.0] * size] * (clusters - lost)
        chance = float(binom.pmf(lost, clusters, margin))
        ours += chance * (clustered_test([stratum(groups)], margin=margin).p_pass <= 0.05)
        rows += chance * (with_row_phantoms(groups).test(margin=margin).p_pass <= 0.05)
    assert ours == pytest.approx(expected, abs=1e-4)
    assert rows >= ours
    assert size == 1 or rows > 0.19


def test_few_clusters_are_refused_and_so_is_a_stratum_with_one() -> None:
    four = [stratum([[0.0, 0.0]] * 4)]
    lonely = [stratum([[0.0]] * 8, weight=0.5), stratum([[0.0] * 9], weight=0.5, first=8)]
    for strata in (four, lonely):
        assert has_few_clusters(strata)
        with pytest.raises(EvidenceUnusable) as refused:
            clustered_interval(strata)
        assert refused.value.code == "few_clusters"


@pytest.mark.parametrize(
    ("strata", "code"),
    [
        ([], "no_rows"),
        ([stratum([])], "no_rows"),
        ([stratum([[float("nan")]] * 6)], "not_finite"),
        ([stratum([[2.0]] * 6)], "not_finite"),
        ([stratum([[0.0]] * 6, weight=0.7)], "weights"),
    ],
)
def test_what_cannot_be_read_has_a_name(strata: list[ClusteredStratum], code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        clustered_test(strata, margin=0.03)
    assert refused.value.code == code


@given(
    st.lists(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=1, max_size=5), min_size=5, max_size=12),
    st.randoms(use_true_random=False),
)
def test_order_does_not_matter_and_loss_mirrors_win(groups: list[list[float]], dice: object) -> None:
    found = clustered_interval([stratum(groups)]).interval
    mirrored = clustered_interval([stratum([[-value for value in group] for group in groups])]).interval
    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-12)
    shuffled = list(groups)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    again = clustered_interval([stratum(shuffled)]).interval
    assert (again.low, again.high) == pytest.approx((found.low, found.high), abs=1e-12)
    assert found.high > found.low
    tested = clustered_test([stratum(groups)], margin=0.1)
    inner = clustered_interval([stratum(groups)], level=0.9).interval
    if inner.low > -1:
        assert (tested.p_pass <= 0.05) == (inner.low >= -0.1) or abs(inner.low + 0.1) < 1e-9
