"""The corrected difference where rows share clusters: PPI++ with the cluster as the unit (§4.5, §4.2 cluster form).

A cluster's labelled and unlabelled rows err together, so what it adds to both parts of the estimate is summed before it
is squared (Liang and Zeger 1986), each part with the finite-cluster factor G/(G − 1) of its own clusters. The phantoms
are two clusters on the labelled part, and Kish's number of labelled clusters is what they are weighed against. λ comes
from the rows: chosen by the clusters it would fit the very spread that it is to make small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.kernel.statistics.clustered import FEWEST_CLUSTERS, FEWEST_IN_STRATUM, Labels
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.judge_error import Floats, JudgeNotUsable
from apps.kernel.statistics.rectified import Rectified


@dataclass(frozen=True, slots=True)
class LabelledClusters:
    """One cohort by cluster: its share of the whole (shares sum to 1), and per cluster its label (the same number for

    the same cluster in every stratum, 0 and up), its labelled rows with the sums of people's and of the judge's
    differences, its other rows with the judge's sum, and its rows without a score of the judge.
    """

    weight: float
    labels: Labels
    labelled: Floats
    human: Floats
    judge: Floats
    others: Floats
    other_judge: Floats
    missing: Floats

    @property
    def labelled_clusters(self) -> int:
        return int(np.count_nonzero(self.labelled))

    @property
    def has_more(self) -> bool:
        """Whether any row of it is without a label."""
        return bool(self.others.sum() + self.missing.sum())


def rectified_by_cluster(strata: Sequence[LabelledClusters], *, lean: float, filled: float | None = None) -> Rectified:
    """The weighted corrected difference with cluster-robust width, t with the effective labelled clusters less one.

    ``lean`` is λ of the same rows (``rectified.lean_of``). ``filled`` is what each missing row's difference is taken
    to be; None leaves them out. Raises JudgeNotUsable ``few_clusters`` below five labelled clusters in all or two in a
    stratum; EvidenceUnusable (no_rows, weights, not_finite).
    """
    _check(strata)
    distinct = np.unique(np.concatenate([stratum.labels for stratum in strata]))
    labels_part, whole = np.zeros(len(distinct)), np.zeros(len(distinct))
    raw = leaned = rectified = constant = inverse = 0.0
    for stratum in strata:
        place = np.searchsorted(distinct, stratum.labels)
        n, others, missing = (float(part.sum()) for part in (stratum.labelled, stratum.others, stratum.missing))
        own = lean if others else 0.0
        absent = 0.0 if filled is None else missing / (n + others + missing)
        weight = stratum.weight * (1 - absent)
        corrections = stratum.human - own * stratum.judge
        rectifier = _total(corrections) / n
        seen = own * _total(stratum.other_judge) / others if others else 0.0
        raw += weight * (_total(stratum.judge) + _total(stratum.other_judge)) / (n + others)
        constant += stratum.weight * absent * (filled or 0.0)
        rectified += weight * rectifier
        leaned += weight * seen
        inverse += stratum.weight**2 * float(np.sum(stratum.labelled**2)) / n**2
        np.add.at(
            labels_part, place, weight * _factor(stratum.labelled) * (corrections - stratum.labelled * rectifier) / n
        )
        if own:
            apart = own * stratum.other_judge - stratum.others * seen
            np.add.at(whole, place, weight * _factor(stratum.others) * apart / others)
        if absent:
            rows = stratum.labelled + stratum.others + stratum.missing
            share = (stratum.missing - absent * rows) / float(rows.sum())
            np.add.at(whole, place, stratum.weight * ((filled or 0.0) - rectifier - seen) * share)
    effective = min(float(np.count_nonzero(_labelled_in(strata, distinct))), 1 / inverse)
    shrink = effective / (effective + 2)
    phantoms = 2 / (effective + 2) ** 2 + 2 * effective * rectified**2 / (effective + 2) ** 3
    variance = float(np.sum((shrink * labels_part + whole) ** 2))
    return Rectified(
        raw=raw + constant,
        corrected=constant + leaned + rectified,
        middle=constant + leaned + shrink * rectified,
        spread=math.sqrt(variance + phantoms),
        freedom=max(1, round(effective) - 1),
        lean=lean,
        deviation=math.sqrt(float(np.sum(labels_part**2)) * effective),
        effective=effective,
        labelled=round(sum(float(s.labelled.sum()) for s in strata)),
        unlabelled=round(sum(float(s.others.sum()) for s in strata)),
    )


def has_few_labelled_clusters(strata: Sequence[LabelledClusters]) -> bool:
    """Fewer than five clusters with a label in all, or a stratum with one, whose spread nobody can see."""
    distinct = {int(label) for s in strata for label in s.labels[s.labelled > 0]}
    return len(distinct) < FEWEST_CLUSTERS or any(s.labelled_clusters < FEWEST_IN_STRATUM for s in strata)


def _labelled_in(strata: Sequence[LabelledClusters], distinct: Labels) -> Floats:
    rows = np.zeros(len(distinct))
    for stratum in strata:
        np.add.at(rows, np.searchsorted(distinct, stratum.labels), stratum.labelled)
    return rows


def _factor(rows: Floats) -> float:
    """√(G/(G − 1)) for the clusters that have rows of this kind; 1 where there is one, whose mean is its own."""
    count = int(np.count_nonzero(rows))
    return math.sqrt(count / (count - 1)) if count > 1 else 1.0


def _total(values: Floats) -> float:
    return math.fsum(values.tolist())


def _check(strata: Sequence[LabelledClusters]) -> None:
    if not strata or any(not s.labelled.sum() for s in strata):
        raise EvidenceUnusable("There are no labelled rows.", code="no_rows")
    if any(s.weight <= 0 for s in strata) or abs(math.fsum(s.weight for s in strata) - 1) > 1e-6:
        raise EvidenceUnusable("Weights are above 0 and sum to 1.", code="weights")
    for stratum in strata:
        for sums, rows in (
            (stratum.human, stratum.labelled), (stratum.judge, stratum.labelled), (stratum.other_judge, stratum.others),
        ):  # fmt: skip
            if not np.all(np.isfinite(sums)) or np.any(np.abs(sums) > rows + 1e-6):
                raise EvidenceUnusable("A difference is not finite or outside −1 to 1.", code="not_finite")
    if has_few_labelled_clusters(strata):
        raise JudgeNotUsable(
            f"At least {FEWEST_CLUSTERS} clusters need labels, and {FEWEST_IN_STRATUM} in each stratum.",
            code="few_clusters",
        )
