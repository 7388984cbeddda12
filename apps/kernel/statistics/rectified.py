"""A corrected difference over cohorts that were labelled unequally, and its test against a margin (§4.5, §4.2).

Prediction-powered inference (PPI++: Angelopoulos, Duchi and Zrnic 2023, 2311.01453) within each cohort, the cohorts
weighted. Labels that over-sample a cohort therefore do not tilt the whole, and nothing is assumed of how the judge
errs: it may err otherwise on each model and in each cohort.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from apps.kernel.statistics.bounded import BoundedTest
from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level
from apps.kernel.statistics.judge_error import FEWEST_LABELS, CorrectedDelta, Floats, JudgeNotUsable

FEWEST_IN_STRATUM = 5
"""Labels a cohort needs before its own spread is believed, unless every one of its rows is labelled."""


@dataclass(frozen=True, slots=True)
class LabelledStratum:
    """One cohort's differences student − teacher, each −1 to 1, and its share of the whole; shares sum to 1.

    ``human`` and ``judge`` are of the same labelled rows, ``unlabelled`` the judge's of the others. ``missing`` rows
    have no score of the judge.
    """

    weight: float
    human: Floats
    judge: Floats
    unlabelled: Floats
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Rectified:
    """What the corrected interval and test rest on, with or without clusters.

    ``middle`` and its standard error ``spread`` have the phantoms in them. ``deviation`` is that of one labelled unit's
    correction, a row's or a cluster's, and ``effective`` how many such units the weighted mean is worth.
    """

    raw: float
    corrected: float
    middle: float
    spread: float
    freedom: int
    lean: float
    deviation: float
    effective: float
    labelled: int
    unlabelled: int

    def delta(self, *, level: float) -> CorrectedDelta:
        half = float(stdtrit(self.freedom, (1 + require_level(level)) / 2)) * self.spread
        interval = Interval(max(-1.0, self.middle - half), min(1.0, self.middle + half), level)
        return CorrectedDelta(self.raw, self.corrected, interval, self.lean, self.labelled, self.unlabelled)

    def test(self, *, margin: float) -> BoundedTest:
        distance = (self.middle + margin) / self.spread
        return BoundedTest(p_pass=float(stdtr(self.freedom, -distance)), p_fail=float(stdtr(self.freedom, distance)))


def rectified_delta(strata: Sequence[LabelledStratum], *, level: float = 0.90) -> CorrectedDelta:
    """The weighted corrected difference over rows that the judge scored, and its interval.

    Of one stratum this is ``judge_error.corrected_delta``. Raises JudgeNotUsable ``labels_too_few`` below 50 labels in
    all or 5 in a stratum with further rows; EvidenceUnusable (no_rows, weights, pairs_unequal, not_finite).
    """
    return rectified(strata).delta(level=level)


def rectified_test(strata: Sequence[LabelledStratum], *, margin: float, filled: float | None = None) -> BoundedTest:
    """Test the corrected loss against the margin, 0 or more (0 for a contrast that has the margin inside).

    ``filled`` is what each missing row's difference is taken to be; None leaves them out. Raises as
    ``rectified_delta`` does.
    """
    return rectified(strata, filled=filled).test(margin=margin)


def rectified(strata: Sequence[LabelledStratum], *, filled: float | None = None) -> Rectified:
    """What both rest on. Raises as ``rectified_delta`` does."""
    _check(strata)
    lean = lean_of(strata)
    effective = 1 / math.fsum(s.weight**2 / len(s.human) for s in strata)
    raw = leaned = rectified = variance = spread = constant = 0.0
    for stratum in strata:
        everything = np.concatenate([stratum.judge, stratum.unlabelled])
        # Where every row is labelled there is nothing to lean on: the labels are the whole truth.
        own = lean if len(stratum.unlabelled) else 0.0
        absent = 0.0 if filled is None else stratum.missing / (len(everything) + stratum.missing)
        weight = stratum.weight * (1 - absent)
        constant += stratum.weight * absent * (filled or 0.0)
        corrections = stratum.human - own * stratum.judge
        raw += weight * _mean(everything)
        rectified += weight * _mean(corrections)
        variance += weight**2 * float(np.var(corrections)) / len(corrections)
        if own:
            leaned += weight * own * _mean(stratum.unlabelled)
            spread += (weight * own) ** 2 * float(np.var(everything, ddof=1)) / len(stratum.unlabelled)
    shrink = effective / (effective + 2)
    phantoms = 2 / (effective + 2) ** 2 + 2 * effective * rectified**2 / (effective + 2) ** 3
    return Rectified(
        raw=raw + constant,
        corrected=constant + leaned + rectified,
        middle=constant + leaned + shrink * rectified,
        spread=math.sqrt(spread + shrink**2 * variance + phantoms),
        freedom=max(1, round(effective) - 1),
        lean=lean,
        deviation=math.sqrt(variance * effective),
        effective=round(effective),
        labelled=sum(len(s.human) for s in strata),
        unlabelled=sum(len(s.unlabelled) for s in strata),
    )


def lean_of(strata: Sequence[LabelledStratum]) -> float:
    """The one λ that makes the variance of the weighted whole least, clipped to 0 to 1."""
    above = below = 0.0
    for stratum in strata:
        n, others = len(stratum.human), len(stratum.unlabelled)
        if n < 2 or not others:
            continue
        everything = np.concatenate([stratum.judge, stratum.unlabelled])
        above += stratum.weight**2 * float(np.cov(stratum.human, stratum.judge)[0, 1]) / n
        below += stratum.weight**2 * float(np.var(everything, ddof=1)) * (1 / others + 1 / n)
    return min(1.0, max(0.0, above / below)) if below > 0 else 0.0


def _mean(values: Floats) -> float:
    return math.fsum(values.tolist()) / len(values)


def _check(strata: Sequence[LabelledStratum]) -> None:
    if not strata:
        raise EvidenceUnusable("There are no rows.", code="no_rows")
    if any(s.weight <= 0 for s in strata) or abs(math.fsum(s.weight for s in strata) - 1) > 1e-6:
        raise EvidenceUnusable("Weights are above 0 and sum to 1.", code="weights")
    for stratum in strata:
        if len(stratum.human) != len(stratum.judge):
            raise EvidenceUnusable("Human and judge differences are of the same rows.", code="pairs_unequal")
        for values in (stratum.human, stratum.judge, stratum.unlabelled):
            if not np.all(np.isfinite(values)) or np.any(np.abs(values) > 1 + 1e-9):
                raise EvidenceUnusable("A difference is not finite or outside −1 to 1.", code="not_finite")
    labelled = sum(len(s.human) for s in strata)
    if labelled < FEWEST_LABELS:
        raise JudgeNotUsable(f"{labelled} rows have human labels; at least {FEWEST_LABELS} are needed.")
    short = [s for s in strata if len(s.human) < (FEWEST_IN_STRATUM if len(s.unlabelled) or s.missing else 1)]
    if short:
        raise JudgeNotUsable(
            f"{len(short)} cohorts have fewer than {FEWEST_IN_STRATUM} labelled rows; each that counts needs as many."
        )
