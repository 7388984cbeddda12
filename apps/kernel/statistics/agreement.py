"""How far a judge agrees with people: error rates, and chance-corrected agreement of two raters (statistics.md §4.5).

A table of counts has one row per category of the judge and one column per category of the person, in the same order.
Cohen's κ alone misleads where nearly everything passes, so Gwet's AC1 and PABAK stand beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_rows
from apps.kernel.statistics.proportion import wilson

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Table = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class JudgeTable:
    """Answers by the judge's verdict and the person's: four counts, 0 or more."""

    both_pass: int
    judge_only: int  # the judge passes what the person fails
    human_only: int  # the person passes what the judge fails
    both_fail: int

    def counts(self) -> Table:
        """Judge × human, pass first."""
        return ((self.both_pass, self.judge_only), (self.human_only, self.both_fail))


@dataclass(frozen=True, slots=True)
class Rate:
    """``share`` of ``n`` answers, 0 to 1; both None when n is 0."""

    share: float | None
    interval: Interval | None
    n: int


@dataclass(frozen=True, slots=True)
class JudgeAccuracy:
    """``sensitivity``: of what people pass, the judge passes. ``specificity``: of what people fail, the judge fails.

    ``youden`` is sensitivity + specificity − 1: 1 for a perfect judge, 0 for a coin; None when either is unknown.
    """

    sensitivity: Rate
    specificity: Rate
    agreement: Rate
    youden: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient, 1 at full agreement and 0 at chance; None with ``reason`` where it or its interval is undefined.

    ``one_category``: chance alone explains everything, there is no coefficient. ``no_disagreement``: the asymptotic
    standard error is 0, which is no evidence of certainty.
    """

    value: float | None
    interval: Interval | None
    reason: str | None = None


def judge_accuracy(table: JudgeTable, *, level: float = 0.95) -> JudgeAccuracy:
    """The judge's error rates against people, each with Wilson's interval.

    Raises EvidenceUnusable ``counts_do_not_fit`` for a negative count, ``no_rows`` for none at all.
    """
    _proportions(table.counts())
    passed, failed = table.both_pass + table.human_only, table.judge_only + table.both_fail
    sensitivity = _rate(table.both_pass, passed, level)
    specificity = _rate(table.both_fail, failed, level)
    youden = None
    if sensitivity.share is not None and specificity.share is not None:
        youden = sensitivity.share + specificity.share - 1
    return JudgeAccuracy(
        sensitivity, specificity, _rate(table.both_pass + table.both_fail, passed + failed, level), youden
    )


def cohen_kappa(table: Table, *, level: float = 0.95) -> Agreement:
    """Cohen's κ of a square table with the large-sample interval of Fleiss, Cohen and Everitt 1969.

    Chance is the product of both raters' own shares. Raises EvidenceUnusable as ``judge_accuracy`` does, and
    ``table_not_square``.
    """
    shares, n = _proportions(table)
    of_judge, of_human = shares.sum(axis=1), shares.sum(axis=0)
    by_chance = float(of_judge @ of_human)
    # The derivative of Σ p_i.·p_.i by p_ij.
    slope = of_human[:, None] + of_judge[None, :]
    return _corrected(shares, n, by_chance, slope, level)


def gwet_ac1(table: Table, *, level: float = 0.95) -> Agreement:
    """Gwet's AC1 (Gwet 2008), the interval by the same expansion as κ's; raises as ``cohen_kappa`` does.

    Chance is Σ π(1 − π)/(categories − 1), π the raters' mean share of a category: it stays sane when nearly all pass.
    """
    shares, n = _proportions(table)
    spare = len(shares) - 1
    mean_share = (shares.sum(axis=1) + shares.sum(axis=0)) / 2
    by_chance = float(np.sum(mean_share * (1 - mean_share))) / spare
    tilt = (1 - 2 * mean_share) / (2 * spare)
    return _corrected(shares, n, by_chance, tilt[:, None] + tilt[None, :], level)


def pabak(table: Table, *, level: float = 0.95) -> Agreement:
    """Prevalence- and bias-adjusted κ (Byrt, Bishop and Carlin 1993): observed agreement against an even guess.

    The interval is Wilson's of the agreement, rescaled, so it is never of zero width; raises as ``cohen_kappa`` does.
    """
    shares, n = _proportions(table)
    categories = len(shares)
    agreed = wilson(sum(int(row[place]) for place, row in enumerate(table)), n, level=level)
    low, high = ((categories * end - 1) / (categories - 1) for end in (agreed.low, agreed.high))
    return Agreement((categories * float(np.trace(shares)) - 1) / (categories - 1), Interval(low, high, level))


def _corrected(shares: Floats, n: int, by_chance: float, slope: Floats, level: float) -> Agreement:
    """(observed − chance)/(1 − chance), and its delta-method interval for multinomial cells.

    ``slope`` holds the derivatives of chance agreement by each cell; for κ this is the 1969 formula term by term.
    """
    z = float(ndtri((1 + require_level(level)) / 2))
    if 1 - by_chance < 1e-12:
        return Agreement(None, None, "one_category")
    observed = float(np.trace(shares))
    value = (observed - by_chance) / (1 - by_chance)
    if n - observed * n < 0.5:
        return Agreement(1.0, None, "no_disagreement")
    gradient = (np.eye(len(shares)) * (1 - by_chance) - slope * (1 - observed)) / (1 - by_chance) ** 2
    variance = float(np.sum(shares * gradient**2) - np.sum(shares * gradient) ** 2) / n
    half = z * math.sqrt(max(0.0, variance))
    return Agreement(value, Interval(max(-1.0, value - half), min(1.0, value + half), level))


def _rate(successes: int, n: int, level: float) -> Rate:
    if n == 0:
        require_level(level)
        return Rate(None, None, 0)
    return Rate(successes / n, wilson(successes, n, level=level), n)


def _proportions(table: Table) -> tuple[Floats, int]:
    categories = len(table)
    if categories < 2 or any(len(row) != categories for row in table):
        raise EvidenceUnusable("Agreement needs a square table of two or more categories.", code="table_not_square")
    if any(count < 0 or count != int(count) for row in table for count in row):
        raise EvidenceUnusable("A count is negative or not whole.", code="counts_do_not_fit")
    n = require_rows(sum(int(count) for row in table for count in row))
    return np.array(table, dtype=np.float64) / n, n
