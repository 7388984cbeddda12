"""Any bounded paired score: two phantom rows, one full win and one full loss, then Student's t (§4.2).

The phantoms keep the width away from 0 where few rows differ, which is where the plain t interval fails. Rows that
share clusters are judged in clustered.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_rows

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Stratum:
    """Differences student − teacher of one cohort, each −1 to 1, and its share of the whole; weights sum to 1."""

    weight: float
    differences: Floats


@dataclass(frozen=True, slots=True)
class Estimate:
    """``delta`` is the observed weighted difference; the interval is around the slightly shrunken one."""

    delta: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class BoundedTest:
    """``p_pass``: against "the loss is at least the margin". ``p_fail``: against "the loss is at most the margin"."""

    p_pass: float
    p_fail: float


@dataclass(frozen=True, slots=True)
class Moments:
    """``delta`` as observed; ``shrunken`` and its standard error ``spread`` with the phantoms; degrees of freedom."""

    delta: float
    shrunken: float
    spread: float
    freedom: int

    @classmethod
    def with_phantoms(cls, delta: float, variance: float, *, effective: float, freedom: int) -> Moments:
        """Add one full win and one full loss to a mean of so many effective units with this variance of the mean."""
        shrink = effective / (effective + 2)
        phantoms = 2 / (effective + 2) ** 2 + 2 * effective * delta**2 / (effective + 2) ** 3
        return cls(delta, shrink * delta, math.sqrt(shrink**2 * variance + phantoms), freedom)

    def estimate(self, *, level: float) -> Estimate:
        half = float(stdtrit(self.freedom, (1 + require_level(level)) / 2)) * self.spread
        return Estimate(self.delta, Interval(max(-1.0, self.shrunken - half), min(1.0, self.shrunken + half), level))

    def test(self, *, margin: float) -> BoundedTest:
        distance = (self.shrunken + margin) / self.spread
        return BoundedTest(p_pass=float(stdtr(self.freedom, -distance)), p_fail=float(stdtr(self.freedom, distance)))


def phantom_interval(strata: Sequence[Stratum], *, level: float = 0.90) -> Estimate:
    """The weighted difference, its interval. Raises EvidenceUnusable (no_rows, not_finite, weights)."""
    return moments(strata).estimate(level=level)


def phantom_test(strata: Sequence[Stratum], *, margin: float) -> BoundedTest:
    """Test a loss against the margin (0 or more; 0 for a contrast that has the margin inside)."""
    return moments(strata).test(margin=margin)


def moments(strata: Sequence[Stratum]) -> Moments:
    """What the interval and the test of these strata rest on. Raises as ``phantom_interval`` does."""
    _check(strata)
    delta = math.fsum(stratum.weight * _mean(stratum.differences) for stratum in strata)
    variance = math.fsum(s.weight**2 * float(np.var(s.differences)) / len(s.differences) for s in strata)
    effective = 1 / math.fsum(s.weight**2 / len(s.differences) for s in strata)
    return Moments.with_phantoms(delta, variance, effective=effective, freedom=round(effective) + 1)


def _mean(values: Floats) -> float:
    return math.fsum(values.tolist()) / len(values)


def _check(strata: Sequence[Stratum]) -> None:
    if not strata:
        raise EvidenceUnusable("There are no rows.", code="no_rows")
    for stratum in strata:
        require_rows(len(stratum.differences))
        if not np.all(np.isfinite(stratum.differences)) or np.any(np.abs(stratum.differences) > 1 + 1e-9):
            raise EvidenceUnusable("A difference is not finite or outside −1 to 1.", code="not_finite")
    if any(stratum.weight <= 0 for stratum in strata) or abs(math.fsum(s.weight for s in strata) - 1) > 1e-6:
        raise EvidenceUnusable("Weights are above 0 and sum to 1.", code="weights")
