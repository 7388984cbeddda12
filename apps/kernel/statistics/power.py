"""How many rows would decide, and how small a loss could have been seen (§4.4)."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.special import gammaln, ndtri, xlogy

from apps.kernel.statistics import tango
from apps.kernel.statistics.interval import require_margin, require_rows
from apps.kernel.statistics.tango import Floats
from apps.kernel.statistics.worst_case import at_least

# Above this the normal formula is as good as counting tables.
COUNTED_UP_TO = 1500
DEVIATIONS = 8.0


def smallest_passing_rows(margin: float, *, alpha: float = 0.05) -> int:
    """Rows that pass with no loss and no win at all: the rule of three, ⌈ln α / ln(1 − margin)⌉; 299 for 1 point."""
    return math.ceil(math.log(alpha) / math.log(1 - require_margin(margin)) - 1e-9)


def smallest_limit_shown(n: int, *, alpha: float = 0.05) -> float:
    """The smallest margin that n rows pass with no loss and no win at all: 1 − α^(1/n); the inverse of the above."""
    return 1.0 - math.pow(alpha, 1 / require_rows(n))


def rows_to_decide(losses: int, wins: int, n: int, *, margin: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Rows with which a student truly equal to its teacher passes with chance ``power``.

    The share of disagreeing rows is taken from these, smoothed as (losses + wins + 1)/(n + 2). Never fewer than
    ``smallest_passing_rows``. Up to 1,500 rows it is the chance of the counted test; the formula is optimistic there.
    """
    require_rows(n)
    discordance = round((losses + wins + 1) / (n + 2), 6)
    floor = smallest_passing_rows(margin, alpha=alpha)
    formula = math.ceil((_z(alpha) + _z(1 - power)) ** 2 * discordance / margin**2)
    if formula > COUNTED_UP_TO:
        return max(floor, formula)
    return max(floor, _counted(discordance, margin, alpha, power, max(floor, 1)))


def rows_to_decide_bounded(deviation: float, n: int, *, margin: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """The same for a score between 0 and 1 whose differences have this standard deviation.

    The two phantom rows of the estimator are counted in: they widen a small sample and hardly a large one.
    """
    require_rows(n)
    factor = _z(alpha) + _z(1 - power)
    rows = max(2, math.ceil((factor * deviation / require_margin(margin)) ** 2))
    while factor * math.sqrt((rows * deviation**2 + 2) / (rows + 2) ** 2) > margin:
        rows = math.ceil(rows * 1.02) + 1
    return max(rows, smallest_passing_rows(margin, alpha=alpha))


def smallest_regression_seen(losses: int, wins: int, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest true loss that this many rows show with chance ``power``: (z_α + z_β)·√(ψ/n), at most 1."""
    discordance = (losses + wins + 1) / (require_rows(n) + 2)
    return min(1.0, (_z(alpha) + _z(1 - power)) * math.sqrt(discordance / n))


def smallest_regression_seen_bounded(deviation: float, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The same from the standard deviation of the differences, phantoms counted in."""
    variance = (require_rows(n) * deviation**2 + 2) / (n + 2) ** 2
    return min(1.0, (_z(alpha) + _z(1 - power)) * math.sqrt(variance))


@lru_cache(maxsize=4096)
def _counted(discordance: float, margin: float, alpha: float, power: float, least: int) -> int:
    """The first number of rows that reaches ``power``, from what the normal reading asks for upwards.

    The chance to pass leaps with some rows and falls a little with each of the others; soon after the first number it
    can lie just below ``power`` again.
    """
    rows = _by_normal_reading(discordance, margin, alpha, power, least)
    while not _is_reached(rows, discordance, margin, alpha, power):
        rows += 1
    return rows


def _by_normal_reading(discordance: float, margin: float, alpha: float, power: float, least: int) -> int:
    """The same with the normal critical value: up to 7 rows in 100 too few, hardly ever too many."""
    high = max(least, 8)
    while _chance_to_pass(high, discordance, margin, alpha) < power and high < 4 * COUNTED_UP_TO:
        high *= 2
    low = max(least, high // 2)
    while low < high:
        middle = (low + high) // 2
        if _chance_to_pass(middle, discordance, margin, alpha) < power:
            low = middle + 1
        else:
            high = middle
    return high


def _chance_to_pass(n: int, discordance: float, margin: float, alpha: float) -> float:
    """P(Tango's statistic passes by its normal reading) for equal models."""
    statistics, chances = _tables(n, discordance, margin)
    return float(np.sum(chances[statistics >= _z(alpha)]))


def _is_reached(n: int, discordance: float, margin: float, alpha: float, power: float) -> bool:
    """Whether the counted test passes equal models with chance ``power``.

    It does when it passes the least table that is needed to reach that chance, counting from the best one down.
    """
    statistics, chances = _tables(n, discordance, margin)
    best_first = np.argsort(-statistics, kind="stable")
    needed = int(np.searchsorted(np.cumsum(chances[best_first]), power))
    if needed == len(best_first):
        return False
    return at_least(float(statistics[best_first[needed]]), n, margin, beside=alpha) <= alpha


def _tables(n: int, discordance: float, margin: float) -> tuple[Floats, Floats]:
    """The statistic against the margin, and the chance for equal models, of every table that is at all likely."""
    share = discordance / 2
    expected, reach = n * share, DEVIATIONS * math.sqrt(n * share * (1 - share)) + 2
    counts = np.arange(max(0, math.floor(expected - reach)), min(n, math.ceil(expected + reach)) + 1, dtype=np.float64)
    losses, wins = (part.ravel() for part in np.meshgrid(counts, counts, indexing="ij"))
    fits = losses + wins <= n
    losses, wins = losses[fits], wins[fits]
    ties = n - losses - wins
    logs = gammaln(n + 1) - gammaln(losses + 1) - gammaln(wins + 1) - gammaln(ties + 1)
    logs = logs + xlogy(losses + wins, share) + xlogy(ties, 1 - discordance)
    return tango.scores(losses, wins, n, -margin), np.exp(logs)


def _z(tail: float) -> float:
    return float(ndtri(1 - tail))
