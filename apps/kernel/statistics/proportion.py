"""Single proportions: Wilson for drawing, Clopper–Pearson where a bound must hold exactly."""

from __future__ import annotations

import math

from scipy.special import betaincinv, ndtri

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_rows


def wilson(successes: int, n: int, *, level: float = 0.95) -> Interval:
    """Wilson's score interval (Wilson 1927), never outside 0 to 1 and never of zero width.

    Raises EvidenceUnusable for n = 0 or counts that do not fit.
    """
    check_counts(successes, n)
    z = float(ndtri((1 + require_level(level)) / 2))
    share = successes / n
    shrink = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / shrink
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / shrink
    return Interval(max(0.0, centre - half), min(1.0, centre + half), level)


def clopper_pearson_lower(successes: int, n: int, *, alpha: float = 0.05) -> float:
    """The exact one-sided lower bound of a success probability (Clopper and Pearson 1934)."""
    check_counts(successes, n)
    return 0.0 if successes == 0 else float(betaincinv(successes, n - successes + 1, alpha))


def clopper_pearson_upper(successes: int, n: int, *, alpha: float = 0.05) -> float:
    """The exact one-sided upper bound of a success probability (Clopper and Pearson 1934)."""
    check_counts(successes, n)
    return 1.0 if successes == n else float(betaincinv(successes + 1, n - successes, 1 - alpha))


def check_counts(successes: int, n: int) -> None:
    """Raises EvidenceUnusable for no rows, and for more or fewer successes than n rows can have."""
    require_rows(n)
    if not 0 <= successes <= n:
        raise EvidenceUnusable(f"{successes} successes do not fit {n} rows.", code="counts_do_not_fit")
