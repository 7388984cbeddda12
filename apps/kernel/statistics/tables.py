"""Tables of losses and wins: which of them are likely, and from which win on a statistic is reached."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.kernel.statistics.tango import Floats, scores

# Statistics of equal tables can differ in the last bits; they must count as ties.
TIE = 1e-9


def every_loss(n: int) -> Floats:
    """0 to n losses."""
    return np.arange(n + 1, dtype=np.float64)


def likely_losses(n: int, lost: Floats, *, negligible: float) -> tuple[NDArray[np.int64], Floats]:
    """The counts of losses worth counting at each chance of a loss: the place of that chance, and the count.

    By Bernstein's inequality the counts left out on either side have together less than this log-probability.
    """
    mean = n * lost
    reach = -negligible / 3 + np.sqrt((negligible / 3) ** 2 - 2 * negligible * mean * (1 - lost))
    low, high = np.maximum(np.floor(mean - reach), 0), np.minimum(np.ceil(mean + reach), n)
    sizes = (high - low + 1).astype(np.int64)
    place = np.repeat(np.arange(len(lost)), sizes)
    begins = np.cumsum(sizes) - sizes
    return place, np.arange(len(place)) + (low - begins)[place]


def first_wins(z: float | Floats, losses: Floats, n: int, delta: float | Floats) -> Floats:
    """For each number of losses the fewest wins whose statistic at delta is at least z; one too many if none is.

    The statistic rises with every win, so halving finds them, for all numbers of losses at once.
    """
    low, high = np.zeros(len(losses)), n - losses + 1
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        enough = scores(losses, np.minimum(middle, n - losses), n, delta) >= z
        open_ = low < high
        high = np.where(open_ & enough, middle, high)
        low = np.where(open_ & ~enough, middle + 1, low)
    return low
