"""The mean of amounts without an upper end, such as dollars: Student's t (statistics.md §2, F12)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_rows

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """``mean`` over the whole; ``interval`` None where one stratum has a single value, whose spread nobody can see."""

    mean: float
    interval: Interval | None


def mean_of(strata: Sequence[tuple[float, Floats]], *, level: float = 0.90) -> MeanEstimate:
    """The weighted mean of amounts of 0 or more with Student's t limits, never below 0 (Student 1908).

    ``strata`` are (share of the whole, values); shares above 0 count in proportion. Over several the variances add and
    the degrees of freedom are Satterthwaite's (1946). Rough below 50 values where a few are large. Raises
    EvidenceUnusable for none, or for one negative or not finite.
    """
    strata = [(share, values) for share, values in strata if share > 0]
    require_rows(sum(len(values) for _, values in strata))
    if any(not np.all(np.isfinite(values)) or np.any(values < 0) for _, values in strata):
        raise EvidenceUnusable("Amounts are finite and not negative.", code="amount_unusable")
    whole = math.fsum(share for share, _ in strata)
    mean = math.fsum(share / whole * math.fsum(values.tolist()) / len(values) for share, values in strata)
    if any(len(values) == 1 for _, values in strata):
        return MeanEstimate(mean, None)
    variances = [(share / whole) ** 2 * float(np.var(values, ddof=1)) / len(values) for share, values in strata]
    variance = math.fsum(variances)
    if not variance:
        return MeanEstimate(mean, Interval(mean, mean, level))
    parts = zip(variances, (len(values) for _, values in strata), strict=True)
    freedom = variance**2 / math.fsum(part**2 / (n - 1) for part, n in parts)
    half = float(stdtrit(freedom, (1 + require_level(level)) / 2)) * math.sqrt(variance)
    return MeanEstimate(mean, Interval(max(0.0, mean - half), mean + half, level))
