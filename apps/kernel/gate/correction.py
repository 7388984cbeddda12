"""A cell's difference freed of its judge's error: what rules with ``"judge": "corrected"`` are answered by (§4.5).

Prediction-powered inference alone speaks here. The shrunken margin J·M would need the judge to err alike on both
models, which a test that fails to tell them apart does not show; it is drawn beside, and decides nothing (ADR 14).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from apps.kernel.gate.grouped import Pretend
from apps.kernel.gate.measure import POWER
from apps.kernel.policy import Rule
from apps.kernel.scorecard import GLOBAL, Cell, JudgeEvidence, Scorecard
from apps.kernel.scorecard.judges import LabelledRow
from apps.kernel.statistics import power
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.judge_error import FEWEST_LABELS, CorrectedDelta
from apps.kernel.statistics.rectified import (
    FEWEST_IN_STRATUM,
    LabelledStratum,
    rectified_delta,
    rectified_test,
    rectifier_spread,
)

FILLED = {"losses": -1.0, "wins": 1.0}
Contrast = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class Part:
    """One cohort of a corrected cell: labelled rows, the pairs nobody labelled with their counts, missing pairs."""

    cohort: str
    weight: float
    labelled: tuple[LabelledRow, ...]
    unlabelled: tuple[tuple[float, float, int], ...]
    missing: int


@dataclass(frozen=True, slots=True)
class Correction:
    """The parts of a cell with enough labels."""

    parts: tuple[Part, ...]

    @property
    def labels(self) -> int:
        """Rows with a label on both answers."""
        return sum(row[4] for part in self.parts for row in part.labelled)

    def delta(self, *, level: float) -> CorrectedDelta:
        """student − teacher, −1 to 1: raw, corrected, and the corrected one's interval."""
        return rectified_delta(self._strata(_difference), level=level)

    def p_values(self, rule: Rule, *, pretend: Pretend = "dropped", unseen: int = 0) -> tuple[float, float]:
        """(p_pass, p_fail) of a score rule, as ``measure.p_values`` gives them of the raw scores."""
        relative = rule.unit == "relative"
        contrast = _contrast(rule.limit) if relative else _difference
        strata = self._strata(contrast, unseen=0 if pretend == "dropped" else unseen)
        tested = rectified_test(strata, margin=0.0 if relative else rule.limit, filled=FILLED.get(pretend))
        return tested.p_pass, tested.p_fail

    def labels_to_decide(self, *, margin: float, alpha: float) -> int:
        """Labelled rows with which an equal student would pass in 80 of 100 cases; more than there are."""
        deviation, effective = rectifier_spread(self._strata(_difference))
        asked = power.rows_to_decide_bounded(deviation, effective, margin=margin, alpha=alpha, power=POWER)
        return max(math.ceil(asked * self.labels / effective), self.labels + 1)

    def noticeable_loss(self, *, margin: float, alpha: float) -> float:
        """The smallest true loss a guard at this margin would have shown in 80 of 100 cases, 0 to 1."""
        deviation, effective = rectifier_spread(self._strata(_difference))
        seen = power.smallest_regression_seen_bounded(deviation, effective, alpha=alpha, power=POWER)
        return min(1.0, margin + seen)

    def _strata(self, contrast: Contrast, *, unseen: int = 0) -> list[LabelledStratum]:
        # An example of unknown cohort counts where it weighs most: the worst case for whoever it is counted against.
        heaviest = max(self.parts, key=lambda part: part.weight / max(1, _rows(part))).cohort
        return [
            LabelledStratum(
                weight=part.weight,
                human=_spread([(contrast(row[0], row[1]), row[4]) for row in part.labelled]),
                judge=_spread([(contrast(row[2], row[3]), row[4]) for row in part.labelled]),
                unlabelled=_spread([(contrast(t, s), count) for t, s, count in part.unlabelled]),
                missing=part.missing + (unseen if part.cohort == heaviest else 0),
            )
            for part in self.parts
        ]


def correction_of(card: Scorecard, cohort: str, evaluator: str) -> Correction | int:
    """The corrected cell, or how many labelled rows it has where these are too few to correct it.

    Over all cohorts each one that carries weight needs labels of its own; whole cohorts are enough where every row is
    labelled. A cell whose rows share clusters is not corrected: its labels are fewer than they seem.
    """
    cell, judge = card.cell(cohort, evaluator), card.judge(evaluator)
    if cell is None or judge is None or not cell.n or cell.unweighable:
        return 0
    parts = tuple(_part(card, judge, name, weight) for name, weight in _weights(card, cell))
    found = Correction(parts)
    if cell.clusters is not None:
        return found.labels
    short = [part for part in parts if _labelled(part) < (FEWEST_IN_STRATUM if part.unlabelled or part.missing else 1)]
    return found.labels if short or found.labels < FEWEST_LABELS else found


def labels_wanted(card: Scorecard, cohort: str, evaluator: str) -> int:
    """How many further labelled rows a cell needs before it can be corrected; 0 when it can."""
    found = correction_of(card, cohort, evaluator)
    if isinstance(found, Correction):
        return 0
    cell, judge = card.cell(cohort, evaluator), card.judge(evaluator)
    if cell is None:
        return FEWEST_LABELS
    if cell.clusters is not None:
        return 0
    shares = _weights(card, cell)
    each = [FEWEST_IN_STRATUM - (judge.cohort(name).n if judge else 0) for name, _ in shares]
    return max(FEWEST_LABELS - found, sum(max(0, short) for short in each), 1)


def _weights(card: Scorecard, cell: Cell) -> list[tuple[str, float]]:
    """The cohorts of a cell and their weight in it: their rows, or their declared traffic."""
    if cell.cohort != GLOBAL:
        return [(cell.cohort, 1.0)]
    parts = [part for part in card.cells if part.evaluator == cell.evaluator]
    traffic = {cohort.name: cohort.weight for cohort in card.cohorts}
    declared = card.weights_source == "declared"
    weights = {part.cohort: traffic[part.cohort] if declared else float(part.rows) for part in parts}
    total = math.fsum(weights.values())
    return [(name, weight / total) for name, weight in sorted(weights.items()) if weight > 0]


def _part(card: Scorecard, judge: JudgeEvidence, cohort: str, weight: float) -> Part:
    cell = card.cell(cohort, judge.evaluator)
    if cell is None:
        raise EvidenceUnusable("A weighted cohort has no cell.", code="weights")
    labelled = judge.cohort(cohort).rows
    left = Counter({(teacher, student): count for teacher, student, count in cell.strata[0].pairs.triples})
    for _, _, teacher, student, count in labelled:
        left[teacher, student] -= count
    unlabelled = tuple((t, s, count) for (t, s), count in sorted(left.items()) if count > 0)
    return Part(cohort, weight, labelled, unlabelled, cell.missing.pairs)


def _labelled(part: Part) -> int:
    return sum(row[4] for row in part.labelled)


def _rows(part: Part) -> int:
    return _labelled(part) + sum(count for _, _, count in part.unlabelled) + part.missing


def _difference(teacher: float, student: float) -> float:
    return round(student - teacher, 9)


def _contrast(loss_allowed: float) -> Contrast:
    """A relative margin r asks whether student − (1 − r) × teacher stays above 0."""
    return lambda teacher, student: round(student - (1 - loss_allowed) * teacher, 9)


def _spread(counted: Sequence[tuple[float, int]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    values = np.asarray([value for value, _ in counted], dtype=np.float64)
    return np.repeat(values, [count for _, count in counted])
