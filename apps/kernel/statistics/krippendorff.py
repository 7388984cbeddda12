"""Krippendorff's α: agreement of any number of raters, with gaps (Krippendorff 2011, statistics.md §4.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level
from apps.kernel.statistics.quantile import nearest_rank

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Places = np.ndarray[tuple[int, ...], np.dtype[np.intp]]
Metric = Literal["nominal", "ordinal", "interval"]
MOST_UNDEFINED = 0.05


@dataclass(frozen=True, slots=True)
class Alpha:
    """``value`` is at most 1, 0 at chance; ``items`` and ``ratings`` count what could be paired.

    ``reason`` says what is None: ``one_category`` (every rating is equal: neither value nor interval) or
    ``too_uniform`` (too many resamples would have held one value only: no interval).
    """

    value: float | None
    interval: Interval | None
    items: int
    ratings: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Ratings:
    """Ratings of items that have two or more, flat: which item, which distinct value; and the distinct values."""

    item: Places
    code: Places
    levels: Floats
    per_item: Floats
    like_pairs: Floats


def krippendorff_alpha(
    ratings: Floats, *, metric: Metric, level: float = 0.95, resamples: int = 1000, seed: int
) -> Alpha:
    """α of a raters × items matrix, NaN where a rater gave nothing, and its percentile bootstrap over items.

    Items with fewer than two ratings say nothing and are left out. Equal matrix and seed (0 or more, for Philox) give
    the same interval. Raises EvidenceUnusable: ``not_finite`` for an infinite rating, ``table_not_square`` for a matrix
    that has not two dimensions, ``no_overlap`` when no item has two ratings.
    """
    found = _paired(ratings)
    items, count = len(found.per_item), len(found.item)
    once = np.ones(items)
    value = _alpha(found, once, metric)
    tail = (1 - require_level(level)) / 2
    if value is None:
        return Alpha(None, None, items, count, "one_category")
    generator = np.random.Generator(np.random.Philox(seed))
    drawn = []
    for _ in range(resamples):
        often = np.bincount(generator.integers(0, items, size=items), minlength=items)
        again = _alpha(found, often.astype(np.float64), metric)
        if again is not None:
            drawn.append(again)
    if len(drawn) < (1 - MOST_UNDEFINED) * resamples:
        return Alpha(value, None, items, count, "too_uniform")
    return Alpha(value, Interval(nearest_rank(drawn, tail), nearest_rank(drawn, 1 - tail), level), items, count)


def _alpha(found: _Ratings, often: Floats, metric: Metric) -> float | None:
    """1 − observed/expected disagreement, item u counted often[u] times; None when only one value occurs."""
    totals = np.bincount(found.code, weights=often[found.item], minlength=len(found.levels))
    n = float(totals.sum())
    if np.count_nonzero(totals) < 2:
        return None
    if metric == "nominal":
        unlike = found.per_item**2 - found.like_pairs
        expected = n * n - float(totals @ totals)
    else:
        # The ordinal distance of two values is the distance of their mid-ranks, so both metrics are squared distances.
        scale = np.cumsum(totals) - totals / 2 if metric == "ordinal" else found.levels
        scale = scale - float(totals @ scale) / n
        placed = scale[found.code]
        sums = np.bincount(found.item, weights=placed)
        unlike = 2 * (found.per_item * np.bincount(found.item, weights=placed**2) - sums**2)
        expected = 2 * n * float(totals @ scale**2)
    observed = float(often @ (unlike / (found.per_item - 1)))
    return 1 - observed * (n - 1) / expected


def _paired(ratings: Floats) -> _Ratings:
    if ratings.ndim != 2:
        raise EvidenceUnusable("Ratings are a matrix of raters × items.", code="table_not_square")
    if np.any(np.isinf(ratings)):
        raise EvidenceUnusable("A rating is infinite.", code="not_finite")
    given = ~np.isnan(ratings)
    kept = ratings[:, given.sum(axis=0) >= 2].T
    if kept.size == 0:
        raise EvidenceUnusable("No item has ratings from two raters.", code="no_overlap")
    item = np.nonzero(~np.isnan(kept))[0]
    levels, code = np.unique(kept[~np.isnan(kept)], return_inverse=True)
    cells, counts = np.unique(item * len(levels) + code, return_counts=True)
    like = np.bincount(cells // len(levels), weights=counts.astype(np.float64) ** 2)
    return _Ratings(item, code, levels, np.bincount(item).astype(np.float64), like.astype(np.float64))
