"""What one would use instead: the paired intervals and tests of textbooks and tools, for comparison only.

No verdict of ours reads them. Tables are (both pass, only the teacher passes, only the student passes, both fail);
intervals are of student − teacher, two-sided.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.proportion import wilson

Table = tuple[int, int, int, int]
Counts = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
AGRESTI_MIN, BONETT_PRICE = 0.5, 1.0
"""What these two add to losses and to wins."""


def difference(table: Table) -> float:
    return (table[2] - table[1]) / sum(table)


def wald(table: Table, *, level: float = 0.95) -> Interval:
    """Estimate ± z standard errors; of no width where no row differs."""
    return _around(table, 0, level)


def agresti_min(table: Table, *, level: float = 0.95) -> Interval:
    """Wald with half a row added to each of the four counts (Agresti and Min 2005, Statistics in Medicine 24)."""
    return _around(table, AGRESTI_MIN, level)


def bonett_price(table: Table, *, level: float = 0.95) -> Interval:
    """Wald with one row added to each kind of difference (Bonett and Price 2012, J. Educ. Behav. Stat. 37)."""
    return _around(table, BONETT_PRICE, level)


def limits(lost: Counts, won: Counts, n: int, *, z: float, added: float = 0.0) -> tuple[Counts, Counts]:
    """Estimate ± z standard errors of many tables of n rows, with so much added to losses and wins, two rows in all."""
    lost, won, rows = lost + added, won + added, n + 2 if added else n
    delta = (won - lost) / rows
    half = z * np.sqrt(np.maximum(lost + won - (won - lost) ** 2 / rows, 0.0)) / rows
    return np.maximum(-1.0, delta - half), np.minimum(1.0, delta + half)


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


def _around(table: Table, added: float, level: float) -> Interval:
    low, high = limits(
        np.array(float(table[1])), np.array(float(table[2])), sum(table), z=float(ndtri((1 + level) / 2)), added=added
    )
    return Interval(float(low), float(high), level)
