"""Percentiles that were observed, their distribution-free limits, and the ratio of two (statistics.md §4.6)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import bdtr, bdtrc

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_rows

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Ranks = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
CELLS_AT_ONCE = 100_000
ROUNDING = 1e-9


def nearest_rank(values: Sequence[float] | Floats, q: float) -> float:
    """The smallest observed value with at least a share q of the values at or below it.

    The same as numpy's ``inverted_cdf`` and Postgres' ``percentile_disc``. Raises EvidenceUnusable for no values.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    return float(ordered[_rank(len(ordered), q) - 1])


def order_limits(n: int, q: float, *, level: float = 0.95) -> tuple[int | None, int | None]:
    """Ranks (from 1) of the order statistics that bound the q-quantile, each side (1 − level)/2 or less.

    None where no such rank exists: with 200 rows nothing bounds a p99 from above. Distribution-free: the number of
    values below the quantile is binomial.
    """
    require_rows(n)
    _require_share(q)
    tail = (1 - require_level(level)) / 2
    others = np.arange(n)
    lower = int(np.sum(bdtr(others, n, q) <= tail))
    beyond = np.flatnonzero(bdtrc(others, n, q) <= tail)
    return lower or None, int(beyond[0]) + 1 if len(beyond) else None


def rows_for_upper_limit(q: float, *, alpha: float = 0.05) -> int:
    """The smallest n at which the largest value bounds the q-quantile from above, one-sided: 299 for p99 at 5 %."""
    _require_share(q)
    return math.ceil(math.log(alpha) / math.log(q) - ROUNDING)


def latency_ratio_interval(
    teacher: Floats, student: Floats, q: float, *, level: float = 0.90, resamples: int = 2000, seed: int
) -> Interval:
    """Student's q-percentile over the teacher's: percentile interval of a paired bootstrap over rows.

    Equal inputs and seed (any integer ≥ 0, for Philox) give the same interval. A time may be endless; where both
    percentiles of a resample are, their ratio could be anything, and it counts as 0 below and as endless above. Raises
    EvidenceUnusable for no rows, unequal lengths, or a teacher whose percentile can be 0.
    """
    return latency_ratio_intervals(teacher, student, (q,), level=level, resamples=resamples, seed=seed)[0]


def latency_ratio_intervals(
    teacher: Floats, student: Floats, shares: Sequence[float], *, level: float, resamples: int, seed: int
) -> list[Interval]:
    """The same of several percentiles, all from the same resamples."""
    n = require_rows(len(teacher))
    if len(student) != n:
        raise EvidenceUnusable("Latencies are paired.", code="pairs_unequal")
    generator = np.random.Generator(np.random.Philox(seed))
    above = [n - _rank(n, q) + 1 for q in shares]
    slowest_first = np.argsort(-teacher, kind="stable"), np.argsort(-student, kind="stable")
    step = max(1, CELLS_AT_ONCE // n)
    ratios = []
    for start in range(0, resamples, step):
        rows = generator.integers(0, n, size=(min(step, resamples - start), n))
        rows += n * np.arange(len(rows))[:, None]
        # How often each row was drawn says as much as the rows drawn, and both arms can read it.
        times = np.bincount(rows.ravel(), minlength=rows.size).reshape(rows.shape)
        below = np.array([_slowest(teacher, slowest_first[0], times, place) for place in above])
        if np.any(below <= 0):
            raise EvidenceUnusable("A latency of 0 ms has no ratio.", code="latency_zero")
        with np.errstate(invalid="ignore"):
            ratios.append(np.array([_slowest(student, slowest_first[1], times, place) for place in above]) / below)
    return [_percentile_interval(drawn, require_level(level)) for drawn in np.concatenate(ratios, axis=1)]


def _percentile_interval(drawn: Floats, level: float) -> Interval:
    tail = (1 - level) / 2
    low, high = (np.nan_to_num(drawn, nan=open_end, posinf=math.inf) for open_end in (0.0, math.inf))
    return Interval(nearest_rank(low, tail), nearest_rank(high, 1 - tail), level)


def _slowest(values: Floats, order: Ranks, times: Ranks, above: int) -> Floats:
    """Per resample the value that ``above`` of its values reach or exceed; ``times``: how often each row was drawn."""
    # The rows that can hold the place are few for a tail; ten standard deviations more than are expected.
    reach = min(len(order), above + math.ceil(10 * math.sqrt(above)) + 10)
    reached = np.cumsum(times[:, order[:reach]], axis=1)
    if np.any(reached[:, -1] < above):
        reached = np.cumsum(times[:, order], axis=1)
    found: Floats = values[order[np.argmax(reached >= above, axis=1)]]
    return found


def _rank(n: int, q: float) -> int:
    require_rows(n)
    _require_share(q)
    # 0.29 · 100 is a hair above 29 in binary; without the slack the rank would jump.
    return max(1, math.ceil(q * n - ROUNDING))


def _require_share(q: float) -> None:
    if not 0 < q < 1:
        raise EvidenceUnusable(f"A quantile lies between 0 and 1, not at {q}.", code="quantile_out_of_range")
