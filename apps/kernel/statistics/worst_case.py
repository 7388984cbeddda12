"""The largest chance, over every share of disagreeing rows, of a table at least as extreme (statistics.md §4.1).

At a loss of exactly the margin the chance of a table still depends on how often the models disagree (discordance).
The p-value is the largest of these chances. It is found, not sampled: steps finer than the standard error of the
discordance see every hump, then each hump that could be the highest is climbed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, gammaln, ndtri

from apps.kernel.statistics.tango import Floats, scores

DISCORDANCE_MAX = 0.6
# Statistics of equal tables can differ in the last bits; they must count as ties.
TIE = 1e-9
# Times √n: steps of at most 0.6 standard errors of the discordance.
STEPS = 4
FEWEST_STEPS = 8
# A parabola through three steps knows the height of a hump to better than this share.
WORTH_CLIMBING = 0.99
# No hump rises between two steps by as much as would bring it from below this share of a value above the value.
CLEARLY_BELOW = 0.8
# Each climb fits a parabola this much narrower; four leave an error below 1e-12.
CLIMBS, NARROWER = 4, 8
# Log-probability below which a count of losses is left out: all of them together stay below 1e-14.
NEGLIGIBLE = -36.0


def at_least(z: float, n: int, margin: float) -> float:
    """The largest chance that n pairs give a statistic of z or more, at a loss of exactly the margin."""
    return _Tail(n, margin, _first_wins(z - TIE, n, margin), upper=True).worst()


def at_most(z: float, n: int, margin: float) -> float:
    """The largest chance that n pairs give a statistic of z or less, at a loss of exactly the margin."""
    return _Tail(n, margin, _first_wins(z + TIE, n, margin), upper=False).worst()


def passing_value(n: int, margin: float, alpha: float) -> float | None:
    """The smallest statistic of any table whose ``at_least`` is alpha or less; None when no table gets there."""
    return _turn(
        _rising(_statistics(n, margin)),
        lambda z: _Tail(n, margin, _first_wins(z - TIE, n, margin), upper=True).worst(beside=alpha),
        alpha,
    )


def failing_value(n: int, margin: float, alpha: float) -> float | None:
    """The largest statistic of any table whose ``at_most`` is alpha or less; None when no table gets there."""
    mirrored = _turn(
        _rising(-_statistics(n, margin)),
        lambda z: _Tail(n, margin, _first_wins(TIE - z, n, margin), upper=False).worst(beside=alpha),
        alpha,
    )
    return None if mirrored is None else -mirrored


@dataclass(frozen=True, slots=True)
class _Tail:
    """The tables on one side of a statistic: for each number of losses from 0 to n, wins from ``first`` up, or below.

    ``first`` is n − losses + 1 where no number of wins is enough.
    """

    n: int
    margin: float
    first: Floats
    upper: bool

    def chance(self, discordance: Floats) -> Floats:
        """The chance of the tail at a loss of exactly the margin, one per discordance (each from the margin to 1).

        Losses are binomial, and so are wins among the rows that are not lost: n terms instead of n² tables.
        """
        lost, won = (discordance + self.margin) / 2, np.maximum((discordance - self.margin) / 2, 0.0)
        losses = np.arange(self.n + 1, dtype=np.float64)
        ways = gammaln(self.n + 1) - gammaln(losses + 1) - gammaln(self.n - losses + 1)
        logs = ways + np.outer(np.log(lost), losses) + np.outer(np.log1p(-lost), self.n - losses)
        place, count = np.nonzero(logs > NEGLIGIBLE)
        first, rest = self.first[count], self.n - losses[count]
        share = np.ones(len(count))
        between = (first > 0) & (first <= rest)
        wins, misses, at = first[between], rest[between] - first[between] + 1, place[between]
        # The complement by its mirror image: the function made for it takes ten times as long.
        if self.upper:
            share[between] = betainc(wins, misses, np.minimum(won / (1 - lost), 1.0)[at])
        else:
            share[between] = betainc(misses, wins, np.minimum((1 - discordance) / (1 - lost), 1.0)[at])
        share[first > rest if self.upper else first <= 0] = 0.0
        chance: Floats = np.bincount(
            place, weights=np.exp(logs[place, count]) * share, minlength=len(discordance)
        ).astype(np.float64)
        return chance

    def worst(self, *, beside: float | None = None) -> float:
        """The largest chance over discordances from the margin to 0.6: below the margin no such loss is possible.

        Who only asks whether it is above ``beside`` gets an answer on the right side of it, sooner.
        """
        reach = max(DISCORDANCE_MAX, self.margin) - self.margin
        if not reach:
            return min(1.0, float(self.chance(np.array([self.margin]))[0]))
        # Squares: the standard error shrinks towards the margin like the root of the distance from it.
        steps = np.linspace(0.0, 1.0, FEWEST_STEPS + math.ceil(STEPS * math.sqrt(self.n)))
        seen = self.chance(self.margin + reach * steps**2)
        best = float(np.max(seen))
        width = float(steps[1])
        at, height = _vertices(steps[1:-1], width, seen[:-2], seen[1:-1], seen[2:])
        humps = (seen[1:-1] >= seen[:-2]) & (seen[1:-1] >= seen[2:])
        humps[[0, -1]] = True  # An edge has one neighbour; the parabola beside it says whether it hides a hump.
        at = at[humps & (height >= WORTH_CLIMBING * best)]
        for _ in range(CLIMBS):
            decided = beside is not None and (best > beside or best < CLEARLY_BELOW * beside)
            if decided or not len(at):
                break
            width /= NARROWER
            around = np.clip(at, width, 1 - width)[:, None] + width * np.array([-1.0, 0.0, 1.0])
            seen = self.chance(self.margin + reach * around.ravel() ** 2).reshape(around.shape)
            best = max(best, float(np.max(seen)))
            at, _ = _vertices(around[:, 1], width, *seen.T)
        return min(best, 1.0)


def _vertices(at: Floats, width: float, left: Floats, middle: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Where and how high the parabola through each value and its two neighbours peaks, at most three steps away."""
    bend = left - 2 * middle + right
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = np.where(bend < 0, np.clip((left - right) / (2 * bend), -3.0, 3.0), 0.0)
    peak: Floats = np.add(at, width * offset)
    height: Floats = np.subtract(middle, (left - right) * offset / 4)
    return peak, height


def _first_wins(z: float, n: int, margin: float) -> Floats:
    """For 0 to n losses the fewest wins whose statistic is at least z; one more than there is room for if none is.

    The statistic rises with every win, so halving finds them, for all numbers of losses at once.
    """
    losses = np.arange(n + 1, dtype=np.float64)
    low, high = np.zeros(n + 1), n - losses + 1
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        enough = scores(losses, np.minimum(middle, n - losses), n, -margin) >= z
        open_ = low < high
        high = np.where(open_ & enough, middle, high)
        low = np.where(open_ & ~enough, middle + 1, low)
    return low


def _statistics(n: int, margin: float) -> Floats:
    losses, wins = np.nonzero(np.tri(n + 1, dtype=bool)[::-1])
    return scores(losses.astype(np.float64), wins.astype(np.float64), n, -margin)


def _rising(values: Floats) -> Floats:
    """Sorted, and of those that are equal but for rounding the lowest."""
    ordered = np.sort(values)
    distinct: Floats = ordered[np.concatenate([[True], np.diff(ordered) > TIE])]
    return distinct


def _turn(values: Floats, chance: Callable[[float], float], alpha: float) -> float | None:
    """The first of rising values whose chance is alpha or less; the chance falls as the value rises.

    Looks first where a normal statistic would turn, strides away from there until the turn is bracketed, then halves.
    """
    low, high, stride = -1, len(values), 1
    place = int(np.searchsorted(values, ndtri(1 - alpha)))
    while high - low > 1:
        place = min(max(place, low + 1), high - 1)
        if chance(float(values[place])) <= alpha:
            high = place
        else:
            low = place
        bracketed = low >= 0 and high < len(values)
        place = (low + high) // 2 if bracketed else place + (stride if low == place else -stride)
        stride *= 4
    return float(values[high]) if high < len(values) else None
