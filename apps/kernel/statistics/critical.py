"""How far Tango's statistic must lie from 0 to pass, and to fail: the first table with a small enough worst chance."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtri

from apps.kernel.statistics.tables import TIE, every_loss, first_wins
from apps.kernel.statistics.tango import Floats, score, scores
from apps.kernel.statistics.worst_case import at_least, at_most

# The value is sought between statistics, then among the tables that are left: so many or fewer.
LISTED = 24
STRIDE = 0.02


def passing_value(n: int, margin: float, alpha: float) -> float | None:
    """The smallest statistic of any table whose ``at_least`` is alpha or less; None when no table gets there."""
    return _turn(
        lambda z: at_least(z, n, margin, beside=alpha),
        lambda low, high: _around(low, high, n, margin),
        score(0, n, n, -margin),
        alpha,
    )


def failing_value(n: int, margin: float, alpha: float) -> float | None:
    """The largest statistic of any table whose ``at_most`` is alpha or less; None when no table gets there."""
    mirrored = _turn(
        lambda z: at_most(-z, n, margin, beside=alpha),
        lambda low, high: _mirrored(_around(-high, -low, n, margin)),
        -score(n, 0, n, -margin),
        alpha,
    )
    return None if mirrored is None else -mirrored


def _around(low: float, high: float, n: int, margin: float) -> Floats | None:
    """The statistics of the tables from low to high and the next on either side, rising; None if too many to list."""
    every = every_loss(n)
    first, last = first_wins(low - TIE, every, n, -margin), first_wins(high + TIE, every, n, -margin)
    sizes = (last - first).astype(np.int64)
    if int(np.sum(sizes)) > LISTED:
        return None
    losses = np.repeat(every, sizes)
    wins = np.repeat(first - (np.cumsum(sizes) - sizes), sizes) + np.arange(len(losses), dtype=np.float64)
    between = scores(losses, wins, n, -margin)
    before, after = first >= 1, last <= n - every
    below = scores(every[before], first[before] - 1, n, -margin)
    above = scores(every[after], last[after], n, -margin)
    return _rising(np.concatenate([np.sort(below)[-1:], between, np.sort(above)[:1]]))


def _mirrored(values: Floats | None) -> Floats | None:
    return None if values is None else _rising(-values)


def _rising(values: Floats) -> Floats:
    """Sorted, and of those that are equal but for rounding the lowest."""
    ordered = np.sort(values)
    distinct: Floats = ordered[np.concatenate([[True], np.diff(ordered) > TIE])]
    return distinct


def _turn(
    chance: Callable[[float], float], listed: Callable[[float, float], Floats | None], top: float, alpha: float
) -> float | None:
    """The lowest statistic of a table whose chance is alpha or less; the chance falls as the statistic rises to top.

    Looks first where a normal statistic would turn, strides away from there until the turn is bracketed, halves the
    bracket until few tables are left in it, then halves those.
    """
    low, high, at, stride = -math.inf, math.inf, min(float(ndtri(1 - alpha)), top), STRIDE
    while math.isinf(low) or math.isinf(high):
        if chance(at) <= alpha:
            high, at = at, at - stride
        elif at >= top:
            return None
        else:
            low, at = at, min(at + stride, top)
        stride *= 4
    while (values := listed(low, high)) is None:
        middle = (low + high) / 2
        low, high = (low, middle) if chance(middle) <= alpha else (middle, high)
    refused, taken = -1, len(values) - 1
    while taken - refused > 1:
        place = (refused + taken) // 2
        if chance(float(values[place])) <= alpha:
            taken = place
        else:
            refused = place
    return float(values[taken])
