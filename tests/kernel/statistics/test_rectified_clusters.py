"""Corrected differences where rows share clusters: the cluster is the unit, labelled and unlabelled parts together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.judge_error import JudgeNotUsable
from apps.kernel.statistics.rectified import LabelledStratum, rectified
from apps.kernel.statistics.rectified_clusters import (
    LabelledClusters,
    has_few_labelled_clusters,
    rectified_by_cluster,
)

Line = tuple[int, float, float, int, float, int]


def stratum(lines: list[Line], *, weight: float = 1.0, first: int = 0) -> LabelledClusters:
    """From (labelled rows, people's sum, the judge's, other rows, the judge's sum, missing) of each cluster."""
    columns = np.array(lines, dtype=np.float64).reshape(len(lines), 6).T
    return LabelledClusters(weight, np.arange(first, first + len(lines)), *columns)


def test_it_is_what_it_is_by_hand() -> None:
    # Five clusters of two labelled and two other rows; one lost what the judge saw, one what it did not see.
    lines = [(2, -2.0, -2.0, 2, -2.0, 0), (2, -2.0, 0.0, 2, 0.0, 0), *[(2, 0.0, 0.0, 2, 0.0, 0)] * 3]
    found = rectified_by_cluster([stratum(lines)], lean=1.0)
    assert (found.raw, found.corrected) == (pytest.approx(-0.2), pytest.approx(-0.4))
    assert (found.effective, found.freedom, found.labelled, found.unlabelled) == (5, 4, 10, 10)
    # Rectifiers by cluster: 0, −1, 0, 0, 0, mean −0.2; the judge's own: −1, 0, 0, 0, 0, mean −0.2.
    shrink, phantoms = 5 / 7, 2 / 49 + 2 * 5 * 0.04 / 343
    rectifier = np.array([0.2, -0.8, 0.2, 0.2, 0.2]) / 5
    judged = np.array([-0.8, 0.2, 0.2, 0.2, 0.2]) / 5
    variance = 5 / 4 * float(np.sum((shrink * rectifier + judged) ** 2))
    assert found.spread == pytest.approx(math.sqrt(variance + phantoms))
    assert found.middle == pytest.approx(-0.2 - 0.2 * shrink)


def test_a_cluster_of_one_row_each_finds_what_the_rows_find() -> None:
    dice = np.random.default_rng(7)
    human, judge, rest = (dice.integers(-1, 2, n).astype(float) for n in (60, 60, 200))
    rows = rectified([LabelledStratum(1.0, human, judge, rest)])
    lines = [(1, h, j, 0, 0.0, 0) for h, j in zip(human, judge, strict=True)] + [(0, 0.0, 0.0, 1, j, 0) for j in rest]
    groups = rectified_by_cluster([stratum(lines)], lean=rows.lean)
    assert (groups.raw, groups.corrected) == (pytest.approx(rows.raw), pytest.approx(rows.corrected))
    assert (groups.effective, groups.freedom) == (60, rows.freedom)
    # The finite-cluster factor is all that is between them.
    assert groups.spread == pytest.approx(rows.spread, rel=0.01)


def test_rows_that_repeat_their_cluster_prove_nothing_more() -> None:
    once = rectified_by_cluster([stratum([(1, 0.0, 0.0, 3, 0.0, 0)] * 10)], lean=0.5)
    tenfold = rectified_by_cluster([stratum([(10, 0.0, 0.0, 30, 0.0, 0)] * 10)], lean=0.5)
    assert once.delta(level=0.9).interval == tenfold.delta(level=0.9).interval


def test_a_customer_in_two_cohorts_counts_once() -> None:
    lines: list[Line] = [(5, -5.0, 0.0, 5, 0.0, 0), *[(5, 0.0, 0.0, 5, 0.0, 0)] * 9]
    same = rectified_by_cluster([stratum(lines, weight=0.5), stratum(lines, weight=0.5)], lean=0.0)
    others = rectified_by_cluster([stratum(lines, weight=0.5), stratum(lines, weight=0.5, first=10)], lean=0.0)
    assert same.corrected == others.corrected == pytest.approx(-0.1)
    assert (same.effective, others.effective) == (10, 20)
    assert same.spread > others.spread


def test_missing_rows_count_both_ways_in_their_clusters() -> None:
    strata = [stratum([(10, 0.0, 0.0, 20, 0.0, 0)] * 150 + [(10, 0.0, 0.0, 0, 0.0, 100)] * 10)]
    plain, against, favour = (
        rectified_by_cluster(strata, lean=0.0, filled=value).test(margin=0.05) for value in (None, -1.0, 1.0)
    )
    assert plain.p_pass < 0.001
    assert against.p_pass > 0.99
    assert favour.p_fail > 0.999
    lumped = rectified_by_cluster(strata, lean=0.0, filled=-1.0)
    spread_out = rectified_by_cluster([stratum([(10, 0.0, 0.0, 18.75, 0.0, 6.25)] * 160)], lean=0.0, filled=-1.0)
    assert lumped.spread > spread_out.spread


@pytest.mark.parametrize(
    ("strata", "error", "code"),
    [
        ([], EvidenceUnusable, "no_rows"),
        ([stratum([(0, 0.0, 0.0, 9, 0.0, 0)] * 9)], EvidenceUnusable, "no_rows"),
        ([stratum([(9, 0.0, 0.0, 9, 0.0, 0)] * 9, weight=0.5)], EvidenceUnusable, "weights"),
        ([stratum([(9, 10.0, 0.0, 9, 0.0, 0)] * 9)], EvidenceUnusable, "not_finite"),
        ([stratum([(9, math.nan, 0.0, 9, 0.0, 0)] * 9)], EvidenceUnusable, "not_finite"),
        ([stratum([(30, 0.0, 0.0, 9, 0.0, 0)] * 4)], JudgeNotUsable, "few_clusters"),
        ([stratum([(30, 0.0, 0.0, 9, 0.0, 0)] * 4 + [(0, 0.0, 0.0, 9, 0.0, 0)] * 40)], JudgeNotUsable, "few_clusters"),
        (
            [
                stratum([(9, 0.0, 0.0, 9, 0.0, 0)] * 9, weight=0.5),
                stratum([(9, 0.0, 0.0, 9, 0.0, 0)], weight=0.5, first=9),
            ],
            JudgeNotUsable,
            "few_clusters",
        ),
    ],
)
def test_what_cannot_be_corrected_is_refused_by_name(
    strata: list[LabelledClusters], error: type[EvidenceUnusable], code: str
) -> None:
    with pytest.raises(error) as refused:
        rectified_by_cluster(strata, lean=0.5)
    assert refused.value.code == code


def test_five_labelled_clusters_are_enough() -> None:
    assert not has_few_labelled_clusters([stratum([(10, 0.0, 0.0, 9, 0.0, 0)] * 5)])
    assert rectified_by_cluster([stratum([(10, 0.0, 0.0, 9, 0.0, 0)] * 5)], lean=0.5).freedom == 4


LINES = st.lists(
    st.tuples(
        st.integers(1, 4), st.sampled_from([-1.0, 0.0, 1.0]), st.sampled_from([-1.0, 0.0, 1.0]),
        st.integers(0, 5), st.sampled_from([-1.0, 0.0, 1.0]), st.integers(0, 2),
    ).map(lambda line: (line[0], line[1], line[2], line[3], line[4] if line[3] else 0.0, line[5])),
    min_size=5, max_size=12,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(LINES, st.sampled_from([0.0, 0.4, 1.0]))
def test_order_says_nothing_mirroring_mirrors_and_the_test_turns_where_the_interval_ends(
    lines: list[Line], lean: float
) -> None:
    found = rectified_by_cluster([stratum(lines)], lean=lean)
    turned = rectified_by_cluster([stratum(lines[::-1])], lean=lean)
    mirrored = rectified_by_cluster([stratum([(n, -h, -j, m, -o, a) for n, h, j, m, o, a in lines])], lean=lean)
    interval = found.delta(level=0.9).interval
    assert (turned.middle, turned.spread) == pytest.approx((found.middle, found.spread))
    assert (mirrored.middle, mirrored.spread) == pytest.approx((-found.middle, found.spread))
    if -1 < interval.low < 0:
        assert found.test(margin=-interval.low).p_pass == pytest.approx(0.05, abs=1e-9)
    assert found.test(margin=0.2).p_pass <= found.test(margin=0.1).p_pass
