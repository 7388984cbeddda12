"""What one would use instead: the paired intervals and tests of textbooks and tools, for comparison only.

No verdict of ours reads them. Tables are (both pass, only the teacher passes, only the student passes, both fail);
intervals are of student − teacher, two-sided.
"""

from __future__ import annotations

import math

from scipy.special import bdtr, ndtri

from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.proportion import wilson

Table = tuple[int, int, int, int]


def difference(table: Table) -> float:
    return (table[2] - table[1]) / sum(table)


def wald(table: Table, *, level: float = 0.95) -> Interval:
    """Estimate ± z standard errors; of no width where no row differs."""
    _, lost, won, _ = table
    return _around(lost, won, sum(table), level)


def agresti_min(table: Table, *, level: float = 0.95) -> Interval:
    """Wald with half a row added to each of the four counts (Agresti and Min 2005, Statistics in Medicine 24)."""
    _, lost, won, _ = table
    return _around(lost + 0.5, won + 0.5, sum(table) + 2, level)


def bonett_price(table: Table, *, level: float = 0.95) -> Interval:
    """Wald with one row added to each kind of difference (Bonett and Price 2012, J. Educ. Behav. Stat. 37)."""
    _, lost, won, _ = table
    return _around(lost + 1, won + 1, sum(table) + 2, level)


def newcombe(table: Table, *, level: float = 0.95) -> Interval:
    """Wilson's limits of both rates, squared and added, less their correlation (Newcombe 1998, Stat. Med. 17, 2635).

    His method 10: a positive correlation is corrected for continuity, by half the rows.
    """
    both, lost, won, neither = table
    n, delta = sum(table), difference(table)
    teacher, student = wilson(both + lost, n, level=level), wilson(both + won, n, level=level)
    product = (both + lost) * (won + neither) * (both + won) * (lost + neither)
    surplus: float = both * neither - lost * won
    surplus = max(surplus - n / 2, 0.0) if surplus > 0 else surplus
    phi = surplus / math.sqrt(product) if product else 0.0
    rate_t, rate_s = (both + lost) / n, (both + won) / n

    def joined(own: float, other: float) -> float:
        return math.sqrt(max(own**2 - 2 * phi * own * other + other**2, 0.0))

    low = delta - joined(rate_s - student.low, teacher.high - rate_t)
    return Interval(low, delta + joined(student.high - rate_s, rate_t - teacher.low), level)


def mcnemar_exact(table: Table) -> float:
    """Two-sided p of "both models pass as often", from the rows that differ alone (McNemar 1947; a sign test)."""
    _, lost, won, _ = table
    if not lost + won:
        return 1.0
    return min(1.0, 2 * float(bdtr(min(lost, won), lost + won, 0.5)))


def _around(lost: float, won: float, n: int, level: float) -> Interval:
    z, delta = float(ndtri((1 + level) / 2)), (won - lost) / n
    half = z * math.sqrt(max(lost + won - (won - lost) ** 2 / n, 0.0)) / n
    return Interval(max(-1.0, delta - half), min(1.0, delta + half), level)
