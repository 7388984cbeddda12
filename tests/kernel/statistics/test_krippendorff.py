"""Krippendorff's α: textbook matrices, the definition pair by pair, and what leaves it undefined."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.statistics.agreement import cohen_kappa
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.krippendorff import Alpha, Floats, Metric, krippendorff_alpha

METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval")
THREE_BY_15 = ("*****3412113 3*3", "1*213343*******", "**21344*2113 3*4")
FOUR_BY_12 = ("123321412***", "12332241 25*3", "*333234 2251*", "1233244 1251*")
RATINGS = st.integers(2, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.sampled_from([1.0, 2.0, 3.0, 5.0, math.nan]), min_size=raters, max_size=raters),
        min_size=1,
        max_size=8,
    )
)


def matrix(lines: tuple[str, ...]) -> Floats:
    return np.array([[math.nan if mark == "*" else float(mark) for mark in line if mark != " "] for line in lines])


def quick(ratings: Floats, metric: Metric) -> Alpha:
    return krippendorff_alpha(ratings, metric=metric, resamples=1, seed=0)


@pytest.mark.parametrize(
    ("lines", "known"),
    [(THREE_BY_15, (0.6914, 0.8067, 0.8108)), (FOUR_BY_12, (0.743, 0.815, 0.849))],
    ids=["3×15", "Krippendorff 2011"],
)
def test_textbook_matrices_have_the_known_alpha(lines: tuple[str, ...], known: tuple[float, ...]) -> None:
    digits = 5e-5 if lines is THREE_BY_15 else 6e-4
    for metric, value in zip(METRICS, known, strict=True):
        assert quick(matrix(lines), metric).value == pytest.approx(value, abs=digits)


def test_items_that_one_rater_saw_are_left_out() -> None:
    found = quick(matrix(THREE_BY_15), "nominal")
    assert (found.items, found.ratings) == (12, 26)


def by_definition(ratings: Floats, metric: Metric) -> float:
    """Observed over expected disagreement, each pair of ratings visited one by one."""
    units = [[v for v in column if not math.isnan(v)] for column in ratings.T.tolist()]
    units = [unit for unit in units if len(unit) > 1]
    pool = [value for unit in units for value in unit]
    often = {value: pool.count(value) for value in pool}

    def apart(one: float, other: float) -> float:
        if metric == "nominal":
            return float(one != other)
        if metric == "interval":
            return (one - other) ** 2
        low, high = sorted((one, other))
        between = sum(count for value, count in often.items() if low <= value <= high)
        return (between - (often[one] + often[other]) / 2) ** 2

    n = len(pool)
    seen = sum(sum(apart(a, b) for a, b in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in units) / n
    return 1 - seen / (sum(apart(a, b) for a, b in itertools.permutations(pool, 2)) / (n * (n - 1)))


@given(RATINGS)
@pytest.mark.parametrize("metric", METRICS)
def test_alpha_is_its_definition(metric: Metric, columns: list[list[float]]) -> None:
    ratings = np.array(columns).T
    if not any(sum(not math.isnan(v) for v in column) > 1 for column in columns):
        with pytest.raises(EvidenceUnusable):
            quick(ratings, metric)
        return
    found = quick(ratings, metric)
    if found.value is None:
        assert found.reason == "one_category"
    else:
        assert found.value == pytest.approx(by_definition(ratings, metric), abs=1e-9)


@given(RATINGS, st.randoms())
@pytest.mark.parametrize("metric", METRICS)
def test_the_order_of_raters_and_items_does_not_matter(
    metric: Metric, columns: list[list[float]], dice: object
) -> None:
    ratings = np.array(columns).T
    places, raters = list(range(ratings.shape[1])), list(range(ratings.shape[0]))
    dice.shuffle(places)  # type: ignore[attr-defined]
    dice.shuffle(raters)  # type: ignore[attr-defined]
    if all(sum(not math.isnan(v) for v in column) < 2 for column in columns):
        return
    one, other = quick(ratings, metric).value, quick(ratings[raters][:, places], metric).value
    assert one == other if one is None or other is None else one == pytest.approx(other, abs=1e-9)


def test_ordinal_alpha_knows_order_only() -> None:
    ratings = matrix(FOUR_BY_12)
    assert quick(ratings**3, "ordinal").value == pytest.approx(quick(ratings, "ordinal").value)
    assert quick(ratings * 7 + 2, "interval").value == pytest.approx(quick(ratings, "interval").value)


def test_with_many_items_and_two_alike_raters_it_nears_kappa() -> None:
    # 2,000 items with equal margins: α corrects for the finite number of ratings, κ does not.
    pairs = [(1, 1)] * 800 + [(1, 2)] * 200 + [(2, 1)] * 200 + [(2, 2)] * 800
    kappa = cohen_kappa(((800, 200), (200, 800))).value
    assert quick(np.array(pairs, dtype=float).T, "nominal").value == pytest.approx(kappa, abs=2e-4)


def test_full_agreement_is_1_and_one_value_alone_is_undefined() -> None:
    agreed = np.array([[1.0, 2, 3, 1], [1, 2, 3, 1]])
    assert [quick(agreed, metric).value for metric in METRICS] == pytest.approx([1, 1, 1])
    assert quick(np.ones((2, 5)), "nominal") == Alpha(None, None, 5, 10, "one_category")


def test_the_interval_comes_from_the_seed_alone() -> None:
    first, again, other = (
        krippendorff_alpha(matrix(FOUR_BY_12), metric="interval", seed=seed).interval for seed in (3, 3, 4)
    )
    assert first == again
    assert first is not None
    assert first.low < 0.849 < first.high <= 1
    assert first != other


def test_ratings_nearly_all_alike_have_a_value_and_no_interval() -> None:
    ratings = np.ones((2, 6))
    ratings[:, 0] = (1, 2)
    found = krippendorff_alpha(ratings, metric="nominal", seed=1)
    assert found.value == pytest.approx(0.0)
    assert (found.interval, found.reason) == (None, "too_uniform")


@pytest.mark.parametrize(
    ("ratings", "code"),
    [
        (np.array([[1.0, math.nan], [math.nan, 2.0]]), "no_overlap"),
        (np.empty((2, 0)), "no_overlap"),
        (np.array([[1.0, math.inf], [1.0, 2.0]]), "not_finite"),
        (np.array([1.0, 2.0]), "table_not_square"),
    ],
)
def test_ratings_that_cannot_be_paired_are_refused(ratings: Floats, code: str) -> None:
    with pytest.raises(EvidenceUnusable) as refused:
        quick(ratings, "nominal")
    assert refused.value.code == code
