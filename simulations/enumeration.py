"""Chances of judgements on paired binary scores, summed over every table that can occur: no draws, no sampling error.

Written apart from apps.kernel.statistics.worst_case, as a second opinion: a plain trinomial over losses and wins.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import gammaln, xlogy

from apps.kernel.statistics.tango import scores

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

# Tables further out than this many standard deviations have a chance below 1e-16 together.
REACH = 9.0


def chance(n: int, delta: float, discordance: float, judged: Callable[[Floats, Floats], Flags]) -> float:
    """The chance that n pairs are judged so, at this true difference and share of disagreeing rows (both 0 to 1)."""
    lost, won = (discordance - delta) / 2, (discordance + delta) / 2
    losses, wins = np.meshgrid(_likely(n, lost), _likely(n, won), indexing="ij")
    ties = n - losses - wins
    fits = ties >= 0
    losses, wins, ties = losses[fits], wins[fits], ties[fits]
    logs = gammaln(n + 1) - gammaln(losses + 1) - gammaln(wins + 1) - gammaln(ties + 1)
    logs += xlogy(losses, max(lost, 0.0)) + xlogy(wins, max(won, 0.0)) + ties * math.log1p(-discordance)
    return float(np.sum(np.exp(logs)[judged(losses, wins)]))


def beyond(n: int, margin: float, z: float) -> Callable[[Floats, Floats], Flags]:
    """Judged when Tango's statistic at a loss of the margin is at least z; for a negative z, at most z."""
    sign = math.copysign(1.0, z)
    return lambda losses, wins: sign * scores(losses, wins, n, -margin) >= abs(z) - 1e-9


def discordances(margin: float, count: int, *, most: float = 0.6) -> list[float]:
    """Shares of disagreeing rows from the margin up, dense near it, at places no other grid of ours uses."""
    steps = np.linspace(0.0, 1.0, count)
    near, even = margin * (most / margin) ** (steps**1.1), margin + (most - margin) * steps**1.3
    return sorted({float(share) for share in (*near, *even)})


def _likely(n: int, share: float) -> Floats:
    share = max(share, 0.0)
    reach = REACH * math.sqrt(n * share * (1 - share)) + 8 if share > 0 else 0
    return np.arange(max(0, math.floor(n * share - reach)), min(n, math.ceil(n * share + reach)) + 1, dtype=np.float64)
