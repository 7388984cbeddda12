"""The mean of amounts without an upper end, such as dollars: Student's t (statistics.md §2, F12)."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_rows

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def mean_interval(values: Floats, *, level: float = 0.90) -> Interval | None:
    """Student's t limits of the mean of amounts of 0 or more, never below 0 (Student 1908). None for one value alone.

    Rough below 50 values where a few are large. Raises EvidenceUnusable for none, or for one negative or not finite.
    """
    n = require_rows(len(values))
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise EvidenceUnusable("Amounts are finite and not negative.", code="amount_unusable")
    if n == 1:
        return None
    mean = math.fsum(values.tolist()) / n
    half = float(stdtrit(n - 1, (1 + require_level(level)) / 2)) * float(np.std(values, ddof=1)) / math.sqrt(n)
    return Interval(max(0.0, mean - half), mean + half, level)
