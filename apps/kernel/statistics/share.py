"""A share of rows against a limit: exact binomial tests, their interval, and the rows that would decide.

A pass rate is such a share, and so is a latency: "p99 is at most 2 s" says that at least 99 % of the answers come
within 2 s. Independent rows are assumed. Clopper and Pearson 1934, Biometrika 26, 404–413.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import bdtr, bdtrc, bdtrik, betaincinv, ndtri

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level
from apps.kernel.statistics.proportion import check_counts, clopper_pearson_lower, clopper_pearson_upper

COUNTED_UP_TO = 20_000
AT_ONCE = 2_000
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class ShareTest:
    """``p_pass``: against "the share is below the limit". ``p_fail``: against "the share is at least the limit"."""

    p_pass: float
    p_fail: float


def share_test(successes: int, n: int, *, limit: float) -> ShareTest:
    """Both exact binomial p-values; ``limit`` lies between 0 and 1.

    p_pass ≤ α exactly where Clopper and Pearson's lower end reaches the limit, p_fail ≤ α where the upper end stays
    at or below it. Raises EvidenceUnusable for no rows or counts that do not fit.
    """
    check_counts(successes, n)
    _require_limit(limit)
    p_pass = 1.0 if successes == 0 else float(bdtrc(successes - 1, n, limit))
    return ShareTest(p_pass, float(bdtr(successes, n, limit)))


def share_interval(successes: int, n: int, *, level: float = 0.90) -> Interval:
    """Clopper and Pearson's interval, (1 − level)/2 or less on each side."""
    alpha = (1 - require_level(level)) / 2
    low = clopper_pearson_lower(successes, n, alpha=alpha)
    return Interval(low, clopper_pearson_upper(successes, n, alpha=alpha), level)


def fewest_rows(limit: float, *, alpha: float = 0.05) -> int:
    """Rows that show the limit without a single failure: ⌈ln α / ln limit⌉; 149 for 98 %, 299 for 99 %."""
    return math.ceil(math.log(alpha) / math.log(_require_limit(limit)) - ROUNDING)


def rows_to_decide(successes: int, n: int, *, limit: float, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """The first number of rows, above n, with which the share seen would be shown to reach the limit with ``power``.

    None where the share seen does not lie above the limit: more rows rather show that. A share without a failure is
    taken as half a failure among n + 1. Counted up to 20,000 rows, by the normal formula above.
    """
    check_counts(successes, n)
    truth = successes / n if successes < n else (n + 0.5) / (n + 1)
    if successes / n <= _require_limit(limit):
        return None
    least = max(fewest_rows(limit, alpha=alpha), n + 1)
    if truth <= limit:
        return least
    formula = _by_formula(truth, limit, alpha, power)
    return max(least, formula if formula > COUNTED_UP_TO else _counted(truth, limit, alpha, power, least))


def highest_noticed(n: int, *, limit: float, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """The highest true share below the limit that n rows show to be below it with chance ``power``; None for none."""
    check_counts(0, n)
    if float(bdtr(0, n, _require_limit(limit))) > alpha:
        return None
    most = int(np.searchsorted(bdtr(np.arange(n + 1), n, limit), alpha, side="right")) - 1
    return float(betaincinv(most + 1, n - most, 1 - power))


def _by_formula(truth: float, limit: float, alpha: float, power: float) -> int:
    spread = _z(alpha) * math.sqrt(limit * (1 - limit)) + _z(1 - power) * math.sqrt(truth * (1 - truth))
    return math.ceil((spread / (truth - limit)) ** 2)


@lru_cache(maxsize=4096)
def _counted(truth: float, limit: float, alpha: float, power: float, least: int) -> int:
    """The chance to pass falls a little with each row and leaps with some; the first number that reaches it counts."""
    start = least
    while True:
        rows = np.arange(start, start + AT_ONCE)
        # bdtrik inverts to a fraction, which can be off by one in the last place.
        most = np.ceil(bdtrik(1 - alpha, rows, limit) - ROUNDING)
        most += bdtrc(most, rows, limit) > alpha
        reached = np.flatnonzero(bdtrc(most, rows, truth) >= power)
        if len(reached):
            return int(rows[reached[0]])
        start += AT_ONCE


def _require_limit(limit: float) -> float:
    if not 0 < limit < 1:
        raise EvidenceUnusable(f"A share to reach lies between 0 and 1, not at {limit}.", code="share_out_of_range")
    return limit


def _z(tail: float) -> float:
    return float(ndtri(1 - tail))
