"""Paired binary scores: Tango's score test for a difference, with its p-value taken by enumeration (§4.1).

Tango 1998, Statistics in Medicine 17. The normal reading of the statistic is a little too generous at small n; the
p-value here is the largest probability, over every discordance, of a table at least as extreme.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import ndtr, ndtri

from apps.kernel.statistics import tango, worst_case
from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_margin, require_rows

EXACT_UP_TO = 500
BISECTIONS = 80


@dataclass(frozen=True, slots=True)
class PairedTest:
    """``p_pass``: against "the loss is at least the margin". ``p_fail``: against "the loss is at most the margin"."""

    p_pass: float
    p_fail: float
    exact: bool


def tango_z(losses: int, wins: int, n: int, delta: float) -> float:
    """Tango's statistic for "the difference is delta", −1 to 1; 0 where it is 0 over 0 (no discordance at delta 0)."""
    _check(losses, wins, n)
    return tango.score(losses, wins, n, delta)


def tango_interval(losses: int, wins: int, n: int, *, level: float = 0.90) -> Interval:
    """Every difference that Tango's test does not refuse, two-sided. All ties give ±z²/(n + z²), never zero width."""
    _check(losses, wins, n)
    z = float(ndtri((1 + require_level(level)) / 2))
    return Interval(_lower(losses, wins, n, z), _upper(losses, wins, n, z), level)


def noninferiority(losses: int, wins: int, n: int, *, margin: float) -> PairedTest:
    """Test a loss against the margin (0 to 1). Enumerated up to n = 500, normal above.

    Raises EvidenceUnusable for no rows, counts that do not fit, or a margin outside (0, 1).
    """
    _check(losses, wins, n)
    require_margin(margin)
    z = tango.score(losses, wins, n, -margin)
    if n > EXACT_UP_TO:
        return PairedTest(float(ndtr(-z)), float(ndtr(z)), exact=False)
    return _enumerated(z, n, margin)


def calibrated_interval(losses: int, wins: int, n: int, *, margin: float, level: float = 0.90) -> Interval:
    """The interval to draw beside the test of this margin, so that picture and verdict cannot disagree.

    Its lower end is above −margin exactly when p_pass ≤ (1 − level)/2, its upper end below −margin exactly when
    p_fail is.
    """
    _check(losses, wins, n)
    require_margin(margin)
    passing, failing = critical_values(n, margin, alpha=round((1 - require_level(level)) / 2, 12))
    return Interval(_lower(losses, wins, n, passing), _upper(losses, wins, n, failing), level)


@lru_cache(maxsize=1024)
def critical_values(n: int, margin: float, *, alpha: float = 0.05) -> tuple[float, float]:
    """How far the statistic must lie from 0 to pass, and to fail, at one-sided alpha."""
    normal = float(ndtri(1 - alpha))
    if n > EXACT_UP_TO:
        return normal, normal
    # Where no table is extreme enough the value lies beyond all of them: all lost, and all won.
    unreachable = 1.0 + max(abs(tango.score(n, 0, n, -margin)), abs(tango.score(0, n, n, -margin)))
    passing, failing = worst_case.passing_value(n, margin, alpha), worst_case.failing_value(n, margin, alpha)
    return (
        max(normal, unreachable) if passing is None else passing,
        max(normal, unreachable) if failing is None else -failing,
    )


@lru_cache(maxsize=16384)
def _enumerated(z: float, n: int, margin: float) -> PairedTest:
    return PairedTest(worst_case.at_least(z, n, margin), worst_case.at_most(z, n, margin), exact=True)


def _lower(losses: int, wins: int, n: int, z: float) -> float:
    return _bisect(lambda delta: tango.score(losses, wins, n, delta) > z, -1.0, (wins - losses) / n)


def _upper(losses: int, wins: int, n: int, z: float) -> float:
    return _bisect(lambda delta: tango.score(losses, wins, n, delta) >= -z, (wins - losses) / n, 1.0)


def _bisect(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where a condition that holds on the left stops holding; the statistic falls as delta rises."""
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if holds(middle):
            low = middle
        else:
            high = middle
    return (low + high) / 2 if low > -1.0 or high < 1.0 else low


def _check(losses: int, wins: int, n: int) -> None:
    require_rows(n)
    if losses < 0 or wins < 0 or losses + wins > n or not all(math.isfinite(count) for count in (losses, wins)):
        raise EvidenceUnusable(f"{losses} losses and {wins} wins do not fit {n} rows.", code="counts_do_not_fit")
