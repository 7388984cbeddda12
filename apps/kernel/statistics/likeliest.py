"""Limits of a paired difference by counting tables at the likeliest share of disagreeing rows.

For each difference the chance of a table at least as extreme is counted where the rows make that difference most
likely (the estimate within Tango's statistic), not where it is worst. Lloyd 2008, Australian & New Zealand Journal of
Statistics 50, calls it the estimated p-value: nearly exact, and not wider than it must be.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import betainc, gammaln, ndtri, xlog1py, xlogy

from apps.kernel.statistics import tango
from apps.kernel.statistics.tables import TIE, first_wins, likely_losses
from apps.kernel.statistics.tango import Floats

# Each round looks at so many differences and goes on between the two that hold the limit.
PLACES, ROUNDS = 8, 3
# In distances from the estimate to Tango's limit: between these the limit lies as a rule.
FARTHEST, NEAREST = 1.15, 0.9
# The ends of the scale themselves leave no room for the tables that were seen.
EDGE = 1e-12
# Log-probability below which a count of losses is left out: all of them together stay below one in a million.
NEGLIGIBLE = -16.0


@lru_cache(maxsize=16384)
def lower_limit(losses: int, wins: int, n: int, alpha: float) -> float:
    """The smallest difference at which a table as good as this one has a chance above alpha, −1 to 1.

    The upper limit is the lower one of the swapped models, with its sign turned.
    """
    seen = (wins - losses) / n
    if losses == n:
        return -1.0
    distance = _tango_distance(losses, wins, n, alpha)
    low, high = max(-1.0, seen - FARTHEST * distance), seen - NEAREST * distance
    below, above = _chances(losses, wins, n, np.array([low, high])) > alpha
    usual = above and not below
    if not usual:
        low, high = -1.0, seen
    for _ in range(ROUNDS if usual else 2 * ROUNDS):
        places = np.linspace(low, high, PLACES + 1)
        # The chance need not rise with the difference; the outermost turn leaves the interval whole.
        turn = int(np.argmax(np.append(_chances(losses, wins, n, places[:-1]) > alpha, True)))
        if turn == 0:
            return low
        low, high = float(places[turn - 1]), float(places[turn])
    return low


def _tango_distance(losses: int, wins: int, n: int, alpha: float) -> float:
    """From the observed difference down to Tango's lower limit, to a hundredth of itself or so."""
    z, seen = float(ndtri(1 - alpha)), (wins - losses) / n
    low, high = -1.0, seen
    while high - low > 0.02 * (seen - low):
        middle = (low + high) / 2
        low, high = (middle, high) if tango.score(losses, wins, n, middle) > z else (low, middle)
    return seen - low


def _chances(losses: int, wins: int, n: int, deltas: Floats) -> Floats:
    """At each difference the chance of a table whose statistic is at least that of this one."""
    deltas = np.clip(deltas, -1 + EDGE, 1 - EDGE)
    least = np.array([tango.score(losses, wins, n, float(delta)) for delta in deltas]) - TIE
    lost = np.clip(_likeliest_loss(losses, wins, n, deltas), np.maximum(0.0, -deltas), (1 - deltas) / 2)
    won = np.maximum(lost + deltas, 0.0)
    place, count = likely_losses(n, lost, negligible=NEGLIGIBLE)
    first = first_wins(least[place], count, n, deltas[place])
    rest = n - count
    logs = gammaln(n + 1) - gammaln(count + 1) - gammaln(rest + 1)
    logs += xlogy(count, lost[place]) + xlog1py(rest, -lost[place])
    share = (first <= 0).astype(np.float64)
    between = (first > 0) & (first <= rest)
    among = np.clip(won / np.maximum(1 - lost, EDGE), 0.0, 1.0)
    share[between] = betainc(first[between], (rest - first + 1)[between], among[place[between]])
    found: Floats = np.bincount(place, weights=np.exp(logs) * share, minlength=len(deltas)).astype(np.float64)
    return found


def _likeliest_loss(losses: int, wins: int, n: int, deltas: Floats) -> Floats:
    b = -(losses + wins) + (2.0 * n - wins + losses) * deltas
    c = -losses * deltas * (1 - deltas)
    found: Floats = (np.sqrt(np.maximum(b * b - 8 * n * c, 0.0)) - b) / (4 * n)
    return found
