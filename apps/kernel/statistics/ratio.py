"""A ratio of two paired means: student's cost over teacher's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_rows

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class RatioEstimate:
    """``ratio`` of means, None when the teacher's mean is 0; ``interval`` None when it is unbounded."""

    ratio: float | None
    interval: Interval | None


def fieller(student: Floats, teacher: Floats, *, level: float = 0.90) -> RatioEstimate:
    """Σ student / Σ teacher over the same rows, with Fieller's paired limits (Fieller 1954; statistics.md §4.7).

    One row, or a teacher whose cost cannot be told from 0, has no bounded interval. Raises EvidenceUnusable for no
    rows, unequal lengths, or values that are negative or not finite.
    """
    n = require_rows(len(student))
    if len(teacher) != n or not _usable(student) or not _usable(teacher):
        raise EvidenceUnusable("Costs are paired, finite and not negative.", code="cost_unusable")
    mean_s, mean_t = float(np.mean(student)), float(np.mean(teacher))
    if mean_t == 0:
        return RatioEstimate(None, None)
    ratio = mean_s / mean_t
    if n == 1:
        return RatioEstimate(ratio, None)
    covariance = np.cov(student, teacher) / n
    v_ss, v_st, v_tt = float(covariance[0, 0]), float(covariance[0, 1]), float(covariance[1, 1])
    q = float(stdtrit(n - 1, (1 + require_level(level)) / 2))
    a = mean_t**2 - q**2 * v_tt
    b = mean_s * mean_t - q**2 * v_st
    c = mean_s**2 - q**2 * v_ss
    if a <= 0:
        return RatioEstimate(ratio, None)
    root = math.sqrt(max(0.0, b * b - a * c))
    return RatioEstimate(ratio, Interval((b - root) / a, (b + root) / a, level))


def _usable(values: Floats) -> bool:
    return bool(np.all(np.isfinite(values)) and np.all(values >= 0))
