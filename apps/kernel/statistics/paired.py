"""Paired binary scores: Tango's score test for a difference, with its p-value taken by enumeration (§4.1).

Tango 1998, Statistics in Medicine 17. The normal reading of the statistic is too generous where few rows disagree,
however many there are; the p-value here is the largest probability, over every discordance, of a table at least as
extreme. The interval that is drawn counts tables too (``drawn_interval``); Tango's own is kept for comparison.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from scipy.special import ndtri

from apps.kernel.statistics import critical, tango, worst_case
from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_margin, require_rows
from apps.kernel.statistics.likeliest import lower_limit

# Of more rows the p-value may be a little too low: by less than 0.0001 wherever it was tried (ADR 16).
EXACT_UP_TO = worst_case.EVERY_STEP_UP_TO
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
    """Test a loss against the margin (0 to 1). Tables are counted at any n; above 2,000 rows at fewer discordances.

    A p-value above 0.25 of more than 500 rows is only known to a hundredth of itself. Raises EvidenceUnusable for no
    rows, counts that do not fit, or a margin outside (0, 1).
    """
    _check(losses, wins, n)
    require_margin(margin)
    return _enumerated(tango.score(losses, wins, n, -margin), n, margin)


def drawn_interval(losses: int, wins: int, n: int, *, level: float = 0.90, margin: float | None = None) -> Interval:
    """The interval to draw: every difference at which tables like these are not rare, two-sided.

    Rare is counted at the likeliest discordance (``likeliest``); it holds the truth more evenly than Tango's (S-09).
    Beside the test of a margin its lower end is at or above −margin exactly when p_pass ≤ (1 − level)/2, its upper end
    at or below exactly when p_fail is: where counting at the likeliest and at the worst discordance disagree about
    the margin, that end is the one of ``calibrated_interval``.
    """
    _check(losses, wins, n)
    alpha = round((1 - require_level(level)) / 2, 12)
    low, high = lower_limit(losses, wins, n, alpha), -lower_limit(wins, losses, n, alpha)
    if margin is None:
        return Interval(low, high, level)
    tested = noninferiority(losses, wins, n, margin=margin)
    agrees = (tested.p_pass <= alpha) == (low > -margin), (tested.p_fail <= alpha) == (high < -margin)
    if not all(agrees):
        calibrated = calibrated_interval(losses, wins, n, margin=margin, level=level)
        low, high = low if agrees[0] else calibrated.low, high if agrees[1] else calibrated.high
    return Interval(low, high, level)


def calibrated_interval(losses: int, wins: int, n: int, *, margin: float, level: float = 0.90) -> Interval:
    """Tango's interval with the critical values of the test of this margin, one for each end.

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
    # Where no table is extreme enough the value lies beyond all of them: all lost, and all won.
    unreachable = 1.0 + max(abs(tango.score(n, 0, n, -margin)), abs(tango.score(0, n, n, -margin)))
    passing, failing = critical.passing_value(n, margin, alpha), critical.failing_value(n, margin, alpha)
    return (
        max(normal, unreachable) if passing is None else passing,
        max(normal, unreachable) if failing is None else -failing,
    )


@lru_cache(maxsize=16384)
def _enumerated(z: float, n: int, margin: float) -> PairedTest:
    return PairedTest(*worst_case.both(z, n, margin), exact=n <= EXACT_UP_TO)


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
