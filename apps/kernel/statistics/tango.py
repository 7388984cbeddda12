"""Tango's score statistic for a paired difference of proportions (statistics.md §4.1; Tango 1998, Stat. Med. 17)."""

from __future__ import annotations

import math

import numpy as np

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

# A distance this small is rounding: the statistic is 0 there, even where its spread is 0 as well.
NO_DISTANCE = 1e-12


def score(losses: float, wins: float, n: int, delta: float) -> float:
    """The statistic of one table for "the difference is delta", −1 to 1; ±infinity where the spread is 0.

    Step by step the arithmetic of ``scores``, so that both give the same bits: an interval found with this one must
    end exactly where the enumeration of all tables turns.
    """
    a = 2.0 * n
    b = -(losses + wins) + (2.0 * n - wins + losses) * delta
    c = -losses * delta * (1 - delta)
    lost = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    spread = math.sqrt(max(n * (2 * lost + delta * (1 - delta)), 0.0))
    distance = wins - losses - n * delta
    if abs(distance) < NO_DISTANCE:
        return 0.0
    return distance / spread if spread else math.copysign(math.inf, distance)


def scores(losses: Floats, wins: Floats, n: int, delta: float | Floats) -> Floats:
    """The statistic of many tables of n pairs, one per entry; ``delta`` is one for all, or one for each."""
    a = 2.0 * n
    b = -(losses + wins) + (2.0 * n - wins + losses) * delta
    c = -losses * delta * (1 - delta)
    # The constrained estimate of the chance that the teacher passes and the student fails.
    lost = (np.sqrt(np.maximum(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    spread = np.sqrt(np.maximum(n * (2 * lost + delta * (1 - delta)), 0.0))
    distance = wins - losses - n * delta
    with np.errstate(divide="ignore", invalid="ignore"):
        z = distance / spread
    return np.where(np.abs(distance) < NO_DISTANCE, 0.0, z)
