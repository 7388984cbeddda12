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
from apps.kernel.scorecard.clusters import Clusters
from apps.kernel.scorecard.judges import LabelledCluster, LabelledRow
from apps.kernel.statistics import power
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.judge_error import FEWEST_LABELS, CorrectedDelta
from apps.kernel.statistics.rectified import FEWEST_IN_STRATUM, LabelledStratum, Rectified, lean_of, rectified
from apps.kernel.statistics.rectified_clusters import (
    LabelledClusters,
    has_few_labelled_clusters,
    rectified_by_cluster,
)

FILLED = {"losses": -1.0, "wins": 1.0}
Contrast = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class Part:
    """One cohort of a corrected cell: labelled rows, the pairs nobody labelled with their counts, missing pairs.

    Where rows share clusters, ``clusters`` holds all rows by cluster and ``labelled_clusters`` the labelled ones.
    """

    cohort: str
    weight: float
    labelled: tuple[LabelledRow, ...]
    unlabelled: tuple[tuple[float, float, int], ...]
    missing: int
    clusters: Clusters | None = None
    labelled_clusters: tuple[LabelledCluster, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """The parts of a cell with enough labels."""

    parts: tuple[Part, ...]

    @property
    def labels(self) -> int:
        """Rows with a label on both answers."""
        return sum(row[4] for part in self.parts for row in part.labelled)

    @property
    def is_clustered(self) -> bool:
        return any(part.clusters is not None for part in self.parts)

    @property
    def has_few_clusters(self) -> bool:
        """Whether too few clusters have labels to see how clusters differ."""
        return self.is_clustered and has_few_labelled_clusters(clusters_of(self.parts, _difference))

    def delta(self, *, level: float) -> CorrectedDelta:
        """student − teacher, −1 to 1: raw, corrected, and the corrected one's interval."""
        return self._rectified(_difference).delta(level=level)

    def p_values(self, rule: Rule, *, pretend: Pretend = "dropped", unseen: int = 0) -> tuple[float, float]:
        """(p_pass, p_fail) of a score rule, as ``measure.p_values`` gives them of the raw scores."""
        relative = rule.unit == "relative"
        contrast = _contrast(rule.limit) if relative else _difference
        found = self._rectified(contrast, unseen=0 if pretend == "dropped" else unseen, filled=FILLED.get(pretend))
        tested = found.test(margin=0.0 if relative else rule.limit)
        return tested.p_pass, tested.p_fail

    def labels_to_decide(self, *, margin: float, alpha: float) -> int:
        """Labelled rows with which an equal student would pass in 80 of 100 cases; more than there are.

        With clusters: rows of further clusters, as many a cluster as now. More of the same clusters would not do.
        """
        found = self._rectified(_difference)
        asked = power.rows_to_decide_bounded(found.deviation, _units(found), margin=margin, alpha=alpha, power=POWER)
        return max(math.ceil(asked * self.labels / found.effective), self.labels + 1)

    def noticeable_loss(self, *, margin: float, alpha: float) -> float:
        """The smallest true loss a guard at this margin would have shown in 80 of 100 cases, 0 to 1."""
        found = self._rectified(_difference)
        seen = power.smallest_regression_seen_bounded(found.deviation, _units(found), alpha=alpha, power=POWER)
        return min(1.0, margin + seen)

    def _rectified(self, contrast: Contrast, *, unseen: int = 0, filled: float | None = None) -> Rectified:
        strata = self._strata(contrast, unseen=unseen)
        if not self.is_clustered:
            return rectified(strata, filled=filled)
        groups = clusters_of(self.parts, contrast, unseen=unseen, heaviest=self._heaviest())
        return rectified_by_cluster(groups, lean=lean_of(strata), filled=filled)

    def _heaviest(self) -> str:
        # An example of unknown cohort counts where it weighs most: the worst case for whoever it is counted against.
        return max(self.parts, key=lambda part: part.weight / max(1, _rows(part))).cohort

    def _strata(self, contrast: Contrast, *, unseen: int = 0) -> list[LabelledStratum]:
        heaviest = self._heaviest()
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
    labelled. Where rows share clusters, five of them need labels, and two in each cohort.
    """
    cell, judge = card.cell(cohort, evaluator), card.judge(evaluator)
    if cell is None or judge is None or not cell.n or cell.unweighable:
        return 0
    is_clustered = cell.clusters is not None
    parts = tuple(_part(card, judge, *share, is_clustered=is_clustered) for share in _weights(card, cell))
    found = Correction(parts)
    if is_clustered and not all(_knows_clusters(part) for part in parts):
        return found.labels
    short = [part for part in parts if _labelled(part) < (FEWEST_IN_STRATUM if part.unlabelled or part.missing else 1)]
    if short or found.labels < FEWEST_LABELS or found.has_few_clusters:
        return found.labels
    return found


def labels_wanted(card: Scorecard, cohort: str, evaluator: str) -> int:
    """How many further labelled rows a cell needs before it can be corrected; 0 when it can."""
    found = correction_of(card, cohort, evaluator)
    if isinstance(found, Correction):
        return 0
    cell, judge = card.cell(cohort, evaluator), card.judge(evaluator)
    if cell is None:
        return FEWEST_LABELS
    shares = _weights(card, cell)
    each = [FEWEST_IN_STRATUM - (judge.cohort(name).n if judge else 0) for name, _ in shares]
    wanted = max(FEWEST_LABELS - found, sum(max(0, short) for short in each))
    # With clusters, labels may be enough and their clusters too few; the sentence says that in its own words.
    return wanted if cell.clusters is not None else max(wanted, 1)


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


def _part(card: Scorecard, judge: JudgeEvidence, cohort: str, weight: float, *, is_clustered: bool) -> Part:
    cell = card.cell(cohort, judge.evaluator)
    if cell is None:
        raise EvidenceUnusable("A weighted cohort has no cell.", code="weights")
    labelled = judge.cohort(cohort).rows
    left = Counter({(teacher, student): count for teacher, student, count in cell.strata[0].pairs.triples})
    for _, _, teacher, student, count in labelled:
        left[teacher, student] -= count
    unlabelled = tuple((t, s, count) for (t, s), count in sorted(left.items()) if count > 0)
    if not is_clustered:
        return Part(cohort, weight, labelled, unlabelled, cell.missing.pairs)
    grouped = judge.cohort(cohort).clusters
    return Part(cohort, weight, labelled, unlabelled, cell.missing.pairs, cell.strata[0].clusters, grouped)


def _knows_clusters(part: Part) -> bool:
    """Cards sealed before clusters were kept with labels, and mixtures of both, say nothing of where labels lie."""
    return part.clusters is not None and sum(group[1] for group in part.labelled_clusters) == _labelled(part)


def clusters_of(
    parts: Sequence[Part], contrast: Contrast, *, unseen: int = 0, heaviest: str = ""
) -> list[LabelledClusters]:
    """The parts by cluster, labelled rows apart from the others; ``unseen`` examples as one more cluster."""
    named = sorted({entry[0] for part in parts if part.clusters is not None for entry in part.clusters.entries})
    numbers = {name: number for number, name in enumerate(named)}
    found = []
    for part in parts:
        groups = {group[0]: group for group in part.labelled_clusters}
        lines = []
        for name, n, teacher, student, missing in part.clusters.entries if part.clusters is not None else ():
            _, own, human_teacher, human_student, judge_teacher, judge_student = groups.get(name, (name, 0, 0, 0, 0, 0))
            judged = contrast(judge_teacher, judge_student)
            others = contrast(teacher, student) - judged if n > own else 0.0
            lines.append((numbers[name], own, contrast(human_teacher, human_student), judged, n - own, others, missing))
        if unseen and part.cohort == heaviest:
            lines.append((len(numbers), 0, 0.0, 0.0, 0, 0.0, unseen))
        columns = np.array(lines, dtype=np.float64).reshape(len(lines), 7).T
        found.append(LabelledClusters(part.weight, columns[0].astype(np.int64), *columns[1:]))
    return found


def _units(found: Rectified) -> int:
    return max(1, round(found.effective))


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
