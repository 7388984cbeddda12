"""Scores freed of a judge's known error, shown beside the raw ones (statistics.md §4.5).

Both corrections rest on human labels of a random subset of the answers, given without sight of the judge's verdict or
of which model answered. Labels gathered in any other way correct nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtri, stdtrit

from apps.kernel.statistics.agreement import JudgeTable, judge_accuracy
from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level, require_rows
from apps.kernel.statistics.proportion import wilson

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
WEAKEST_JUDGE = 0.3
FEWEST_OF_EACH = 30
FEWEST_LABELS = 50


class JudgeNotUsable(EvidenceUnusable):
    """The judge is too weak, or too few answers have human labels, for its error to be corrected."""

    code = "labels_too_few"
    title = "The judge's error cannot be corrected"


@dataclass(frozen=True, slots=True)
class CorrectedScore:
    """A share of passes, 0 to 1, as the judge says (``raw``) and corrected, each with its interval."""

    raw: float
    raw_interval: Interval
    corrected: float
    interval: Interval
    n_judged: int
    n_labelled: int


@dataclass(frozen=True, slots=True)
class CorrectedDelta:
    """student − teacher, −1 to 1: the judge's over all rows (``raw``), corrected, and the corrected one's interval.

    ``weight`` (λ, 0 to 1) is how far the judge's figure is leaned on; at 0 the human labels stand alone.
    """

    raw: float
    corrected: float
    interval: Interval
    weight: float
    n_labelled: int
    n_unlabelled: int


@dataclass(frozen=True, slots=True)
class ArmsDiffer:
    """Fisher's exact p, two-sided, that the judge errs alike on both models; None where an arm has no such answer."""

    p_sensitivity: float | None
    p_specificity: float | None


def corrected_share(share: float, *, specificity: float, sensitivity: float) -> float:
    """The true share of passes behind a judged share, all 0 to 1 (Rogan and Gladen 1978), clipped to 0 to 1.

    Raises JudgeNotUsable ``judge_too_weak`` when sensitivity + specificity − 1 is below 0.3, EvidenceUnusable
    ``share_out_of_range`` for a number that is no share.
    """
    if any(not 0 <= given <= 1 for given in (share, specificity, sensitivity)):
        raise EvidenceUnusable("Shares lie between 0 and 1.", code="share_out_of_range")
    strength = _require_strength(specificity + sensitivity - 1)
    return min(1.0, max(0.0, (share + specificity - 1) / strength))


def rogan_gladen(passes: int, n: int, labels: JudgeTable, *, level: float = 0.95) -> CorrectedScore:
    """The corrected score of ``passes`` judged passes among ``n`` answers, with the interval of Lee et al. 2025.

    arXiv 2511.21140: z²/2 is added to both outcomes of the judged answers and 1 to those of the labelled ones, then
    the errors of the three shares are carried through the correction, with a shift for its curvature.
    Raises JudgeNotUsable: ``labels_too_few`` below 30 human passes or 30 human fails, ``judge_too_weak``; and
    EvidenceUnusable for no rows or counts that do not fit.
    """
    raw_interval = wilson(passes, n, level=level)
    accuracy = judge_accuracy(labels)
    failed, passed = accuracy.specificity, accuracy.sensitivity
    if failed.share is None or passed.share is None or min(failed.n, passed.n) < FEWEST_OF_EACH:
        raise JudgeNotUsable(
            f"People passed {passed.n} and failed {failed.n} of the labelled answers; "
            f"at least {FEWEST_OF_EACH} of each are needed."
        )
    corrected = corrected_share(passes / n, specificity=failed.share, sensitivity=passed.share)
    z = float(ndtri((1 + require_level(level)) / 2))
    judged, answers = (passes + z * z / 2) / (n + z * z), n + z * z
    q0, m0 = (labels.both_fail + 1) / (failed.n + 2), failed.n + 2
    q1, m1 = (labels.both_pass + 1) / (passed.n + 2), passed.n + 2
    strength = q0 + q1 - 1
    middle = (judged + q0 - 1) / strength
    error0, error1 = q0 * (1 - q0) / m0, q1 * (1 - q1) / m1
    variance = judged * (1 - judged) / answers + (1 - middle) ** 2 * error0 + middle**2 * error1
    half = z * math.sqrt(variance) / strength
    middle += 2 * z * z * (middle * error1 - (1 - middle) * error0)
    low, high = (min(1.0, max(0.0, end)) for end in (middle - half, middle + half))
    return CorrectedScore(passes / n, raw_interval, corrected, Interval(low, high, level), n, failed.n + passed.n)


def corrected_delta(human: Floats, judge: Floats, unlabelled: Floats, *, level: float = 0.90) -> CorrectedDelta:
    """The mean difference by prediction-powered inference (PPI++: Angelopoulos, Duchi and Zrnic 2023, 2311.01453).

    ``human`` and ``judge``: differences of the same labelled rows, shape (n,), each −1 to 1; ``unlabelled``: the
    judge's differences of the other rows, shape (N,). The rectifier human − λ·judge gets one full win and one full loss
    more, and Student's t: without them the 95 % interval of 100 labels with few differing rows holds the truth 84 % of
    the time (simulated), and labels that all agree look certain.
    Raises JudgeNotUsable ``labels_too_few`` below 50 labels; EvidenceUnusable ``pairs_unequal`` or ``not_finite``.
    """
    n, others = require_rows(len(human)), len(unlabelled)
    if len(judge) != n:
        raise EvidenceUnusable("Human and judge differences are of the same rows.", code="pairs_unequal")
    for values in (human, judge, unlabelled):
        if not np.all(np.isfinite(values)) or np.any(np.abs(values) > 1 + 1e-9):
            raise EvidenceUnusable("A difference is not finite or outside −1 to 1.", code="not_finite")
    if n < FEWEST_LABELS:
        raise JudgeNotUsable(f"{n} rows have human labels; at least {FEWEST_LABELS} are needed.")
    everything = np.concatenate([judge, unlabelled])
    weight = _weight(human, judge, everything, others)
    rectifier = human - weight * judge
    leaned = weight * float(np.mean(unlabelled)) if others else 0.0
    spread = weight**2 * float(np.var(everything, ddof=1)) / others if others else 0.0
    corrected = leaned + float(np.mean(rectifier))
    with_phantoms = np.concatenate([rectifier, [1.0, -1.0]])
    middle = leaned + float(np.mean(with_phantoms))
    reach = float(stdtrit(n - 1, (1 + require_level(level)) / 2))
    half = reach * math.sqrt(spread + float(np.var(with_phantoms)) / len(with_phantoms))
    interval = Interval(max(-1.0, middle - half), min(1.0, middle + half), level)
    return CorrectedDelta(float(np.mean(everything)), corrected, interval, weight, n, others)


def arms_differ(teacher: JudgeTable, student: JudgeTable) -> ArmsDiffer:
    """Whether the judge errs alike on both models, by their labelled answers; if not, only ``corrected_delta`` counts.

    Raises EvidenceUnusable for an arm without labels.
    """
    judge_accuracy(teacher)
    judge_accuracy(student)
    return ArmsDiffer(
        _fisher(teacher.both_pass, teacher.human_only, student.both_pass, student.human_only),
        _fisher(teacher.both_fail, teacher.judge_only, student.both_fail, student.judge_only),
    )


def _weight(human: Floats, judge: Floats, everything: Floats, others: int) -> float:
    """λ that makes the variance least, clipped to 0 to 1; 0 when nothing is left to lean on."""
    variance = float(np.var(everything, ddof=1))
    if others == 0 or variance <= 0:
        return 0.0
    covariance = float(np.cov(human, judge)[0, 1])
    return min(1.0, max(0.0, covariance / ((1 + len(human) / others) * variance)))


def _fisher(right: int, wrong: int, right_too: int, wrong_too: int) -> float | None:
    """Two-sided Fisher's exact test: the sum of all tables with these margins that are no likelier than this one."""
    first, second, rights = right + wrong, right_too + wrong_too, right + right_too
    if first == 0 or second == 0:
        return None
    k = np.arange(max(0, rights - second), min(first, rights) + 1, dtype=np.float64)
    log_weight = -(gammaln(k + 1) + gammaln(first - k + 1) + gammaln(rights - k + 1) + gammaln(second - rights + k + 1))
    weight = np.exp(log_weight - log_weight.max())
    seen = weight[right - int(k[0])]
    return min(1.0, float(weight[weight <= seen * (1 + 1e-7)].sum() / weight.sum()))


def _require_strength(strength: float) -> float:
    if strength < WEAKEST_JUDGE:
        raise JudgeNotUsable(
            f"Sensitivity + specificity − 1 is {strength:.2f}; below {WEAKEST_JUDGE} nothing can be corrected.",
            code="judge_too_weak",
        )
    return strength
