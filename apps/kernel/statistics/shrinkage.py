"""Cohorts' differences drawn towards their mean, to order a list by (statistics.md F17).

Never to judge by: one cohort that lost 5 points among nine fine ones is cleared of a loss of 1 point by its shrunken
figure in 93 of 100 cards with 15 rows a cohort (statistics.md §0.7). A contract keeps gates from importing this module.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from apps.kernel.statistics.interval import EvidenceUnusable


@dataclass(frozen=True, slots=True)
class Shrunken:
    """``value``: the observed figure drawn towards the mean; ``spread``: its standard error, the mean's own counted in.

    ``weight``: how much of the observed figure is left in it, 0 to 1.
    """

    value: float
    spread: float
    weight: float


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """``mean`` of all cohorts, ``tau2`` the variance between them beyond chance (0 or more), one entry a figure."""

    mean: float
    tau2: float
    figures: tuple[Shrunken, ...]


def shrink(figures: Sequence[tuple[float, float]]) -> Shrinkage:
    """Normal–normal empirical Bayes; ``figures`` are (observed, standard error), in the order of the answer.

    τ² = max(0, (Q − (k − 1))/(Σw − Σw²/Σw)) with w = 1/se² (DerSimonian and Laird 1986, Controlled Clinical Trials 7,
    177–188); then the weight of an observed figure is τ²/(τ² + se²). Raises EvidenceUnusable: ``no_rows`` for no
    figure, ``not_finite``, ``spread_not_positive``.
    """
    if not figures:
        raise EvidenceUnusable("There are no figures.", code="no_rows")
    if not all(math.isfinite(observed) and math.isfinite(error) for observed, error in figures):
        raise EvidenceUnusable("A figure is not finite.", code="not_finite")
    if any(error <= 0 for _, error in figures):
        raise EvidenceUnusable("A standard error is above 0.", code="spread_not_positive")
    tau2 = _between(figures)
    precisions = [1 / (error**2 + tau2) for _, error in figures]
    total = math.fsum(precisions)
    mean = math.fsum(weight * observed for weight, (observed, _) in zip(precisions, figures, strict=True)) / total
    return Shrinkage(mean, tau2, tuple(_shrunken(*figure, mean=mean, tau2=tau2, total=total) for figure in figures))


def _between(figures: Sequence[tuple[float, float]]) -> float:
    weights = [1 / error**2 for _, error in figures]
    total = math.fsum(weights)
    mean = math.fsum(weight * observed for weight, (observed, _) in zip(weights, figures, strict=True)) / total
    heterogeneity = math.fsum(
        weight * (observed - mean) ** 2 for weight, (observed, _) in zip(weights, figures, strict=True)
    )
    scale = total - math.fsum(weight**2 for weight in weights) / total
    return max(0.0, (heterogeneity - (len(figures) - 1)) / scale) if len(figures) > 1 else 0.0


def _shrunken(observed: float, error: float, *, mean: float, tau2: float, total: float) -> Shrunken:
    weight = tau2 / (tau2 + error**2)
    variance = weight * error**2 + (1 - weight) ** 2 / total
    return Shrunken(weight * observed + (1 - weight) * mean, math.sqrt(variance), weight)
