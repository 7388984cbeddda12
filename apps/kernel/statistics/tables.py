"""Tables of losses and wins: which of them are likely, and from which win on a statistic is reached."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.kernel.statistics.tango import Floats, scores

# Statistics of equal tables can differ in the last bits; they must count as ties.
TIE = 1e-9
# Steps along the slope before what is left is halved; two are enough but beside the ends of the scale.
SLOPES = 3


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


def first_wins(
    z: float | Floats, losses: Floats, n: int, delta: float | Floats, *, near: Floats | None = None
) -> Floats:
    """For each number of losses the fewest wins whose statistic at delta is at least z; one too many if none is.

    The statistic rises with every win. Looked for near a guess first (``near``, or where the spread of the middle would
    put it), along the slope from there, then by halving what is left.
    """
    z, delta = np.broadcast_to(z, losses.shape), np.broadcast_to(delta, losses.shape)
    most = n - losses
    at = np.clip(_about(z, losses, n, delta) if near is None else near, 0, most + 1)
    open_ = np.arange(len(losses))
    for _ in range(SLOPES):
        here, wins = losses[open_], at[open_]
        below, above = _beside(wins, here, n, delta[open_])
        reached = (wins > most[open_]) | (above >= z[open_])
        missed = (wins <= 0) | (below < z[open_])
        left = ~(reached & missed)
        if not np.any(left):
            return at
        open_, wins, below, above, reached = open_[left], wins[left], below[left], above[left], reached[left]
        with np.errstate(divide="ignore", invalid="ignore"):
            ahead = wins - 1 + np.ceil((z[open_] - below) / (above - below))
        ahead = np.where(np.isfinite(ahead), ahead, wins)
        # At least one table on, also where the slope is none or points the other way.
        ahead = np.where(reached, np.minimum(ahead, wins - 1), np.maximum(ahead, wins + 1))
        at[open_] = np.clip(ahead, 0, most[open_] + 1)
    at[open_] = _halved(z[open_], losses[open_], n, delta[open_])
    return at


def _about(z: Floats, losses: Floats, n: int, delta: Floats) -> Floats:
    """Wins whose distance from delta is z spreads, the chance of a loss taken midway between both counts."""
    between = np.maximum(2 * losses + n * delta * (1 - delta), 0.0)
    with np.errstate(invalid="ignore"):
        distance = (z * z + z * np.sqrt(z * z + 4 * between)) / 2
    found: Floats = np.ceil(np.where(np.isfinite(distance), losses + n * delta + distance, 0.0))
    return found


def _beside(wins: Floats, losses: Floats, n: int, delta: Floats) -> tuple[Floats, Floats]:
    """The statistic with one win fewer, and with these wins; at the nearest table where there is no such."""
    fewer, as_many = np.maximum(wins - 1, 0), np.minimum(wins, n - losses)
    both = scores(np.concatenate([losses, losses]), np.concatenate([fewer, as_many]), n, np.concatenate([delta, delta]))
    return both[: len(wins)], both[len(wins) :]


def _halved(z: Floats, losses: Floats, n: int, delta: Floats) -> Floats:
    low, high = np.zeros(len(losses)), n - losses + 1
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        enough = scores(losses, np.minimum(middle, n - losses), n, delta) >= z
        open_ = low < high
        high = np.where(open_ & enough, middle, high)
        low = np.where(open_ & ~enough, middle + 1, low)
    return low
