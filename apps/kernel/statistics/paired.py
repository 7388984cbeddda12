"""Paired binary scores: Tango's score test for a difference, with its p-value taken by enumeration (§4.1).

Tango 1998, Statistics in Medicine 17. The normal reading of the statistic is a little too generous at small n; the
p-value here is the largest probability, over every discordance, of a table at least as extreme.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import gammaln, ndtr, ndtri, xlogy

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_margin, require_rows

EXACT_UP_TO = 500
DISCORDANCE_MAX = 0.6
GRID = 60
# Statistics of equal tables can differ in the last bits; they must count as ties.
TIE = 1e-9
BISECTIONS = 80

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class PairedTest:
    """``p_pass``: against "the loss is at least the margin". ``p_fail``: against "the loss is at most the margin"."""

    p_pass: float
    p_fail: float
    exact: bool


@dataclass(frozen=True, slots=True)
class _Tables:
    """Every table of n pairs by rising statistic, with the worst-case probability of each upper and lower tail."""

    statistics: Floats
    at_least: Floats
    at_most: Floats


def tango_z(losses: int, wins: int, n: int, delta: float) -> float:
    """Tango's statistic for "the difference is delta", −1 to 1; 0 where it is 0 over 0 (no discordance at delta 0)."""
    _check(losses, wins, n)
    return float(statistic(np.array([losses], float), np.array([wins], float), n, delta)[0])


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
    z = tango_z(losses, wins, n, -margin)
    if n > EXACT_UP_TO:
        return PairedTest(float(ndtr(-z)), float(ndtr(z)), exact=False)
    tables = _tables(n, margin)
    first = int(np.searchsorted(tables.statistics, z - TIE))
    last = int(np.searchsorted(tables.statistics, z + TIE)) - 1
    return PairedTest(float(tables.at_least[first]), float(tables.at_most[last]), exact=True)


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
    tables = _tables(n, margin)
    passing = tables.statistics[tables.at_least <= alpha]
    failing = tables.statistics[tables.at_most <= alpha]
    unreachable = float(np.max(np.abs(tables.statistics))) + 1.0
    return (
        float(passing[0]) if len(passing) else max(normal, unreachable),
        float(-failing[-1]) if len(failing) else max(normal, unreachable),
    )


@lru_cache(maxsize=128)
def _tables(n: int, margin: float) -> _Tables:
    losses, wins = (part.astype(np.float64) for part in np.nonzero(np.tri(n + 1, dtype=bool)[::-1]))
    statistics = statistic(losses, wins, n, -margin)
    order = np.argsort(statistics, kind="stable")
    statistics, losses, wins = statistics[order], losses[order], wins[order]
    ties = n - losses - wins
    ways = gammaln(n + 1) - gammaln(losses + 1) - gammaln(wins + 1) - gammaln(ties + 1)
    at_least, at_most = np.zeros(len(order)), np.zeros(len(order))
    for discordance in _discordances(margin):
        lost, won = (discordance + margin) / 2, (discordance - margin) / 2
        logs = ways + xlogy(losses, lost) + xlogy(wins, max(won, 0.0)) + xlogy(ties, 1 - discordance)
        probabilities = np.exp(logs)
        np.maximum(at_least, np.cumsum(probabilities[::-1])[::-1], out=at_least)
        np.maximum(at_most, np.cumsum(probabilities), out=at_most)
    return _Tables(statistics, np.minimum(at_least, 1.0), np.minimum(at_most, 1.0))


def _discordances(margin: float) -> list[float]:
    """The shares of disagreeing rows to look at. Below the margin a loss of exactly the margin is impossible.

    Geometric steps: the worst case sits among small shares, where equal steps would jump over it.
    """
    top = max(DISCORDANCE_MAX, margin)
    grid = np.geomspace(margin, top, GRID)
    return sorted({float(margin), *map(float, grid), *(share for share in (0.05, 0.1) if margin < share <= top)})


def statistic(losses: Floats, wins: Floats, n: int, delta: float) -> Floats:
    a = 2.0 * n
    b = -(losses + wins) + (2.0 * n - wins + losses) * delta
    c = -losses * delta * (1 - delta)
    # The constrained estimate of the chance that the teacher passes and the student fails.
    lost = (np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    spread = np.sqrt(np.maximum(n * (2 * lost + delta * (1 - delta)), 0.0))
    distance = wins - losses - n * delta
    with np.errstate(divide="ignore", invalid="ignore"):
        z = distance / spread
    return np.where(np.abs(distance) < 1e-12, 0.0, z)


def _lower(losses: int, wins: int, n: int, z: float) -> float:
    return _bisect(lambda delta: tango_z(losses, wins, n, delta) > z, -1.0, (wins - losses) / n)


def _upper(losses: int, wins: int, n: int, z: float) -> float:
    return _bisect(lambda delta: tango_z(losses, wins, n, delta) >= -z, (wins - losses) / n, 1.0)


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
