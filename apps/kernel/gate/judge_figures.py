"""How far a judge can be believed, by the labels on a card: error rates, agreement, corrected scores (§4.5, F7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from apps.kernel.policy.figures import Measure
from apps.kernel.scorecard import GLOBAL, JudgeEvidence, Scorecard
from apps.kernel.scorecard.judges import PASSES_FROM
from apps.kernel.statistics.agreement import Agreement, JudgeAccuracy, JudgeTable, cohen_kappa, gwet_ac1, judge_accuracy
from apps.kernel.statistics.interval import EvidenceUnusable, Interval
from apps.kernel.statistics.judge_error import ArmsDiffer, CorrectedScore, JudgeNotUsable, arms_differ, rogan_gladen
from apps.kernel.statistics.krippendorff import Alpha, krippendorff_alpha

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
ERRS_ALIKE_FROM = 0.05
"""Below this p in either rate the judge is said to err otherwise on the student than on the teacher."""


@dataclass(frozen=True, slots=True)
class Found:
    """A measure of agreement, None with the reason where it or its interval is undefined."""

    value: float | None
    interval: Interval | None
    reason: str | None = None


def both_arms(judge: JudgeEvidence) -> JudgeTable:
    """The answers of both models in one table."""
    one, other = judge.teacher, judge.student
    return JudgeTable(
        one.both_pass + other.both_pass,
        one.judge_only + other.judge_only,
        one.human_only + other.human_only,
        one.both_fail + other.both_fail,
    )


def accuracy(table: JudgeTable, *, level: float = 0.95) -> JudgeAccuracy | None:
    """Error rates of a table; None without an answer in it."""
    return judge_accuracy(table, level=level) if _count(table) else None


def measured(card: Scorecard, judge: JudgeEvidence, measure: Measure, *, level: float) -> Found:
    """One measure of a judge over the labels of both models. α is nominal for scores of 0 and 1, else interval."""
    if not judge.answers:
        return Found(None, None, "judge_uncalibrated")
    if measure == "alpha":
        alpha = alpha_of(card, judge, level=level)
        return Found(alpha.value, alpha.interval, alpha.reason)
    table = both_arms(judge)
    if not _count(table):
        return Found(None, None, "judge_uncalibrated")
    if measure in ("kappa", "ac1"):
        found: Agreement = (cohen_kappa if measure == "kappa" else gwet_ac1)(table.counts(), level=level)
        return Found(found.value, found.interval, found.reason)
    rates = judge_accuracy(table, level=level)
    rate = {"sensitivity": rates.sensitivity, "specificity": rates.specificity}.get(measure, rates.agreement)
    return Found(rate.share, rate.interval, None if rate.n else "judge_uncalibrated")


def alpha_of(card: Scorecard, judge: JudgeEvidence, *, level: float, people_only: bool = False) -> Alpha:
    """Krippendorff's α of the judge and all labellers, or of the labellers alone; seeded by the card's digest.

    Value None with reason ``no_overlap`` where no answer has two ratings.
    """
    patterns = [(values[1:] if people_only else values, count) for values, count in judge.ratings]
    raters = max((len(values) for values, _ in patterns), default=0)
    columns = [[*values, *[np.nan] * (raters - len(values))] for values, count in patterns for _ in range(count)]
    given = {value for values, _ in patterns for value in values}
    metric = "nominal" if given <= {0.0, 1.0} else "interval"
    try:
        return krippendorff_alpha(np.array(columns, dtype=np.float64).T, metric=metric, level=level, seed=card.seed)  # type: ignore[arg-type]
    except EvidenceUnusable as error:
        return Alpha(None, None, 0, 0, error.code)


def sameness(judge: JudgeEvidence) -> ArmsDiffer | None:
    """Fisher's test that the judge errs alike on both models; None while a model has no labelled answer."""
    return arms_differ(judge.teacher, judge.student) if _count(judge.teacher) and _count(judge.student) else None


def errs_alike(judge: JudgeEvidence) -> bool | None:
    """False where the labels show that the judge errs otherwise on the student; True only says that they do not."""
    tested = sameness(judge)
    if tested is None:
        return None
    p_values = [p for p in (tested.p_sensitivity, tested.p_specificity) if p is not None]
    return all(p >= ERRS_ALIKE_FROM for p in p_values) if p_values else None


def corrected_scores(card: Scorecard, judge: JudgeEvidence) -> Mapping[str, CorrectedScore | str]:
    """Rogan and Gladen's score of each model over all rows, each counting once, or the code of why there is none."""
    cell = card.cell(GLOBAL, judge.evaluator)
    found: dict[str, CorrectedScore | str] = {}
    for role, table in (("teacher", judge.teacher), ("student", judge.student)):
        if cell is None or not cell.n:
            found[role] = "evidence_missing"
        elif not cell.binary:
            found[role] = "judge_graded"
        else:
            values = _values(card, judge, role)
            found[role] = _corrected(int(np.count_nonzero(values >= PASSES_FROM)), len(values), table)
    return found


def raw_score(card: Scorecard, judge: JudgeEvidence, role: str) -> float | None:
    """A model's mean score over all complete rows, each counting once, as the judge says; None without any."""
    values = _values(card, judge, role)
    return float(np.mean(values)) if len(values) else None


def _values(card: Scorecard, judge: JudgeEvidence, role: str) -> Floats:
    pairs = [cell.strata[0].pairs for cell in card.cells if cell.evaluator == judge.evaluator]
    values = [one.teacher_values() if role == "teacher" else one.student_values() for one in pairs]
    return np.concatenate(values) if values else np.empty(0)


def _corrected(passes: int, n: int, table: JudgeTable) -> CorrectedScore | str:
    try:
        return rogan_gladen(passes, n, table)
    except JudgeNotUsable as refused:
        return refused.code
    except EvidenceUnusable:
        return "labels_too_few"


def _count(table: JudgeTable) -> int:
    return table.both_pass + table.judge_only + table.human_only + table.both_fail
