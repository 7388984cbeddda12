"""The largest chance, over every share of disagreeing rows, of a table at least as extreme (statistics.md §4.1).

At a loss of exactly the margin the chance of a table still depends on how often the models disagree (discordance).
The p-value is the largest of these chances. It is found, not sampled: steps finer than the standard error of the
discordance see every hump, then each hump that could be the highest is climbed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, gammaln

from apps.kernel.statistics.tables import TIE, every_loss, first_wins, likely_losses
from apps.kernel.statistics.tango import Floats

DISCORDANCE_MAX = 0.6
# Times √n: steps of at most 0.6 standard errors of the discordance.
STEPS = 4
FEWEST_STEPS = 8
# A parabola through three steps knows the height of a hump to better than this share.
WORTH_CLIMBING = 0.99
# No hump rises between two steps by as much as would bring it from below this share of a value above the value.
CLEARLY_BELOW = 0.8
# Each climb fits a parabola this much narrower; four leave an error below 1e-12.
CLIMBS, NARROWER = 4, 8
# Of more rows than this, discordances far from the margin are looked at in few places first. Far is where so many
# rows disagree beyond the margin's share that losses and wins both vary freely: the chance then waves by less than a
# hundredth of itself. Only where a far place comes close to the highest near one is every step taken.
SURVEYED_ABOVE = 500
NEAR_ROWS, FAR_STEPS, CLOSE = 100, 24, 0.97
# No error rate that anybody asks for is as large; above it the last digits decide nothing.
NEVER_ASKED = 0.25
# Of more rows than this, far places are never looked at again: that moved no p tried by 0.0001 (ADR 16).
EVERY_STEP_UP_TO = 2_000
# Log-probability below which a count of losses is left out: all of them together stay below 1e-14.
NEGLIGIBLE = -36.0


def at_least(z: float, n: int, margin: float, *, beside: float | None = None) -> float:
    """The largest chance that n pairs give a statistic of z or more, at a loss of exactly the margin.

    Who only asks whether it is above ``beside`` gets an answer on the right side of it, sooner.
    """
    return _Tail(n, margin, first_wins(z - TIE, _losses(n, margin), n, -margin), upper=True).worst(beside)


def at_most(z: float, n: int, margin: float, *, beside: float | None = None) -> float:
    """The largest chance that n pairs give a statistic of z or less; ``beside`` as above."""
    return _Tail(n, margin, first_wins(z + TIE, _losses(n, margin), n, -margin), upper=False).worst(beside)


def both(z: float, n: int, margin: float) -> tuple[float, float]:
    """``at_least`` and ``at_most`` of one statistic, for less than both cost apart."""
    losses = _losses(n, margin)
    first = first_wins(z - TIE, losses, n, -margin)
    beyond = first_wins(z + TIE, losses, n, -margin, near=first)
    return _Tail(n, margin, first, upper=True).worst(None), _Tail(n, margin, beyond, upper=False).worst(None)


class _Counted(NamedTuple):
    """The likely counts of losses at each of some discordances: its place, the count, the rest, and their chance."""

    place: NDArray[np.int64]
    losses: Floats
    rest: Floats
    chance: Floats
    lost: Floats


def _counted(n: int, margin: float, discordance: Floats) -> _Counted:
    lost = (discordance + margin) / 2
    place, count = likely_losses(n, lost, negligible=NEGLIGIBLE)
    rest = n - count
    ways = gammaln(n + 1) - gammaln(count + 1) - gammaln(rest + 1)
    logs = ways + count * np.log(lost)[place] + rest * np.log1p(-lost)[place]
    return _Counted(place, count, rest, np.exp(logs), lost)


class _Steps(NamedTuple):
    """Where the chance is looked at before any hump is climbed: ``asked`` marks the places that always are."""

    steps: Floats
    discordance: Floats
    near: NDArray[np.bool_]
    asked: NDArray[np.bool_]
    counted: _Counted


# Both tails of a table take the same steps, and so do all evaluators of a cohort; a few hundred kilobytes each.
@lru_cache(maxsize=8)
def _steps(n: int, margin: float) -> _Steps:
    # Squares: the standard error shrinks towards the margin like the root of the distance from it.
    steps = np.linspace(0.0, 1.0, FEWEST_STEPS + math.ceil(STEPS * math.sqrt(n)))
    discordance = margin + (max(DISCORDANCE_MAX, margin) - margin) * steps**2
    near = n * (discordance - margin) <= NEAR_ROWS
    asked = np.ones(len(steps), dtype=np.bool_)
    if n > SURVEYED_ABOVE:
        asked = near | (np.arange(len(steps)) % max(1, len(steps) // FAR_STEPS) == 0)
    return _Steps(steps, discordance, near, asked, _counted(n, margin, discordance[asked]))


@dataclass(frozen=True, slots=True)
class _Tail:
    """The tables on one side of a statistic: for each number of losses from 0 up, wins from ``first`` up, or below.

    ``first`` is n − losses + 1 where no number of wins is enough.
    """

    n: int
    margin: float
    first: Floats
    upper: bool

    def chance(self, discordance: Floats, counted: _Counted | None = None) -> Floats:
        """The chance of the tail at a loss of exactly the margin, one per discordance (each from the margin to 1).

        Losses are binomial, and so are wins among the rows that are not lost: n terms instead of n² tables. Who has
        counted the losses at these discordances hands them in.
        """
        place, count, rest, chance, lost = counted or _counted(self.n, self.margin, discordance)
        won = np.maximum((discordance - self.margin) / 2, 0.0)
        first = self.first[count.astype(np.int64)]
        share = np.ones(len(count))
        between = (first > 0) & (first <= rest)
        wins, misses, at = first[between], rest[between] - first[between] + 1, place[between]
        # The complement by its mirror image: the function made for it takes ten times as long.
        if self.upper:
            share[between] = betainc(wins, misses, np.minimum(won / (1 - lost), 1.0)[at])
        else:
            share[between] = betainc(misses, wins, np.minimum((1 - discordance) / (1 - lost), 1.0)[at])
        share[first > rest if self.upper else first <= 0] = 0.0
        found: Floats = np.bincount(place, weights=chance * share, minlength=len(discordance)).astype(np.float64)
        return found

    def worst(self, beside: float | None) -> float:
        """The largest chance over discordances from the margin to 0.6: below the margin no such loss is possible."""
        reach = max(DISCORDANCE_MAX, self.margin) - self.margin
        if not reach:
            return min(1.0, float(self.chance(np.array([self.margin]))[0]))
        steps = _steps(self.n, self.margin).steps
        seen = self._seen(beside)
        best = float(np.nanmax(seen))
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

    def _seen(self, beside: float | None) -> Floats:
        """The chance at each step; of many rows NaN at far steps that cannot be the highest."""
        steps, discordance, near, asked, counted = _steps(self.n, self.margin)
        seen: Floats = np.full(len(steps), np.nan)
        seen[asked] = self.chance(discordance[asked], counted)
        if self.n <= SURVEYED_ABOVE:
            return seen
        best = float(np.nanmax(seen))
        decided = best > NEVER_ASKED or (beside is not None and (best > beside or best < CLEARLY_BELOW * beside))
        rivals = float(np.max(seen[asked & ~near], initial=0.0)) >= CLOSE * best
        if rivals and not decided and self.n <= EVERY_STEP_UP_TO:
            seen[~asked] = self.chance(discordance[~asked])
        return seen


def _losses(n: int, margin: float) -> Floats:
    """0 to the most losses that are not negligible at any discordance looked at."""
    most = np.array([(max(DISCORDANCE_MAX, margin) + margin) / 2])
    return every_loss(int(likely_losses(n, most, negligible=NEGLIGIBLE)[1][-1]))


def _vertices(at: Floats, width: float, left: Floats, middle: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Where and how high the parabola through each value and its two neighbours peaks, at most three steps away."""
    bend = left - 2 * middle + right
    with np.errstate(divide="ignore", invalid="ignore"):
        offset = np.where(bend < 0, np.clip((left - right) / (2 * bend), -3.0, 3.0), 0.0)
    peak: Floats = np.add(at, width * offset)
    height: Floats = np.subtract(middle, (left - right) * offset / 4)
    return peak, height
