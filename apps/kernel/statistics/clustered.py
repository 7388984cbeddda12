"""Rows that are no independent evidence: the cluster is the unit, and the phantoms are clusters (§4.2, cluster form).

Variance: Miller 2024, arXiv 2411.00640, appendix A, with the finite-cluster factor G/(G − 1) in each stratum. Over
strata a cluster's parts are added before they are squared, so that a customer who lies in two cohorts counts as one.
The phantoms are two clusters and not two rows: where whole clusters are lost together, twenty conversations of ten rows
without a loss are twenty pieces of evidence and not two hundred.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.kernel.statistics.bounded import BoundedTest, Estimate, Moments
from apps.kernel.statistics.interval import EvidenceUnusable

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Labels = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
FEWEST_CLUSTERS = 5
FEWEST_IN_STRATUM = 2


@dataclass(frozen=True, slots=True)
class ClusteredStratum:
    """One cohort by cluster: its share of the whole (shares sum to 1), and per cluster its label (the same number for
    the same cluster in every stratum, 0 and up), its rows (above 0) and the sum of their differences."""

    weight: float
    labels: Labels
    rows: Floats
    sums: Floats


@dataclass(frozen=True, slots=True)
class DesignEffect:
    """``deviation``: the standard deviation that ``effective`` independent units would have to show, for planning.

    ``effective`` counts clusters, unequal ones for less (Kish 1965): n²/Σ nᶜ² in a stratum.
    """

    deviation: float
    effective: float


def clustered_interval(strata: Sequence[ClusteredStratum], *, level: float = 0.90) -> Estimate:
    """The weighted difference, its interval. Raises EvidenceUnusable (no_rows, not_finite, weights, few_clusters)."""
    return clustered_moments(strata).estimate(level=level)


def clustered_test(strata: Sequence[ClusteredStratum], *, margin: float) -> BoundedTest:
    """Test a loss against the margin (0 or more; 0 for a contrast that has the margin inside)."""
    return clustered_moments(strata).test(margin=margin)


def clustered_moments(strata: Sequence[ClusteredStratum]) -> Moments:
    """What both rest on; degrees of freedom are the effective clusters less one."""
    delta, variance, effective = _variance(strata)
    return Moments.with_phantoms(delta, variance, effective=effective, freedom=max(1, round(effective) - 1))


def design_effect(strata: Sequence[ClusteredStratum]) -> DesignEffect:
    """How much the clusters leave of the rows."""
    _, variance, effective = _variance(strata)
    return DesignEffect(math.sqrt(variance * effective), effective)


def has_few_clusters(strata: Sequence[ClusteredStratum]) -> bool:
    """Fewer than five clusters in all, or a stratum with one, whose spread nobody can see."""
    distinct = len(np.unique(np.concatenate([stratum.labels for stratum in strata]))) if strata else 0
    return distinct < FEWEST_CLUSTERS or any(len(stratum.labels) < FEWEST_IN_STRATUM for stratum in strata)


def _variance(strata: Sequence[ClusteredStratum]) -> tuple[float, float, float]:
    """The weighted difference, the variance of that mean, and how many equal clusters it is worth."""
    _check(strata)
    distinct = np.unique(np.concatenate([stratum.labels for stratum in strata]))
    parts = np.zeros(len(distinct))
    deltas, inverse = [], 0.0
    for stratum in strata:
        count, n = len(stratum.labels), float(stratum.rows.sum())
        mean = math.fsum(stratum.sums.tolist()) / n
        deltas.append(stratum.weight * mean)
        scale = math.sqrt(count / (count - 1)) * stratum.weight / n
        np.add.at(parts, np.searchsorted(distinct, stratum.labels), scale * (stratum.sums - stratum.rows * mean))
        inverse += stratum.weight**2 * float(np.sum(stratum.rows**2)) / n**2
    effective = min(float(len(distinct)), 1 / inverse)
    return math.fsum(deltas), float(np.sum(parts**2)), effective


def _check(strata: Sequence[ClusteredStratum]) -> None:
    if not strata or any(not len(stratum.labels) for stratum in strata):
        raise EvidenceUnusable("There are no rows.", code="no_rows")
    for stratum in strata:
        if not np.all(np.isfinite(stratum.sums)) or np.any(np.abs(stratum.sums) > stratum.rows + 1e-6):
            raise EvidenceUnusable("A difference is not finite or outside −1 to 1.", code="not_finite")
    if any(stratum.weight <= 0 for stratum in strata) or abs(math.fsum(s.weight for s in strata) - 1) > 1e-6:
        raise EvidenceUnusable("Weights are above 0 and sum to 1.", code="weights")
    if has_few_clusters(strata):
        raise EvidenceUnusable(
            f"At least {FEWEST_CLUSTERS} clusters are needed, and {FEWEST_IN_STRATUM} in each stratum.",
            code="few_clusters",
        )
