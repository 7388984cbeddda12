"""A cell's interval, p-values and power: which estimator of kernel.statistics speaks for it (statistics.md §4)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from apps.kernel.gate import grouped
from apps.kernel.policy import Rule
from apps.kernel.scorecard import Cell, PairedStratum
from apps.kernel.statistics import bounded, clustered, paired, power
from apps.kernel.statistics.interval import Interval

Floats = NDArray[np.float64]
Pretend = grouped.Pretend

NO_CONTRAST = 0.0
POWER = 0.8


def exact(cell: Cell) -> bool:
    """Whether losses and wins say everything: scores of 0 and 1, all rows counting alike, none sharing a cluster."""
    return cell.is_counted


def interval_of(cell: Cell, *, level: float, margin: float | None = None) -> Interval | None:
    """The interval of student − teacher, None without complete pairs and with fewer than five clusters.

    Counted tables for binary cells; with a margin the interval ends beyond −margin exactly where the test turns. Two
    phantom rows and Student's t for the others, two phantom clusters where rows share clusters.
    """
    if cell.delta is None or grouped.has_few_clusters(cell):
        return None
    if exact(cell):
        return paired.drawn_interval(cell.losses, cell.wins, cell.n, margin=margin, level=level)
    return moments_of(cell).estimate(level=level).interval


def p_values(cell: Cell, rule: Rule, *, pretend: Pretend = "dropped", unseen: int = 0) -> tuple[float, float]:
    """(p_pass, p_fail) of a score rule: against "the loss is at least the margin" and "at most the margin".

    ``pretend`` counts missing pairs, and ``unseen`` one-sided examples of unknown cohort, as losses or as wins.
    """
    if exact(cell) and rule.unit == "pp":
        extra = 0 if pretend == "dropped" else cell.missing.pairs + unseen
        losses = cell.losses + (extra if pretend == "losses" else 0)
        wins = cell.wins + (extra if pretend == "wins" else 0)
        counted = paired.noninferiority(losses, wins, cell.n + extra, margin=rule.limit)
        return counted.p_pass, counted.p_fail
    # A relative margin r asks whether student − (1 − r) × teacher stays above 0: the margin moves into the contrast.
    relative = rule.unit == "relative"
    moments = moments_of(cell, loss_allowed=rule.limit if relative else NO_CONTRAST, pretend=pretend, unseen=unseen)
    tested = moments.test(margin=0.0 if relative else rule.limit)
    return tested.p_pass, tested.p_fail


def margin_of(cell: Cell, rule: Rule) -> float:
    """The margin on the 0–1 scale; a relative one is taken of the teacher's score."""
    return rule.limit if rule.unit == "pp" else rule.limit * (cell.teacher or 0.0)


def rows_to_decide(cell: Cell, *, margin: float, alpha: float) -> int | None:
    """Rows with which an equal student would pass in 80 of 100 cases; None when the observed loss exceeds the margin.

    Never below what the exact rule needs without a single loss, and always more than there are. Where rows share
    clusters both are counted in clusters and told in rows at as many rows a cluster as now; None with too few clusters
    to see how they differ.
    """
    if cell.delta is None or not cell.n:
        return power.smallest_passing_rows(margin, alpha=alpha)
    if grouped.has_few_clusters(cell):
        return None
    floor = fewest_rows(cell, margin=margin, alpha=alpha)
    if -cell.delta > margin + 1e-12:
        return None
    if exact(cell):
        wanted = power.rows_to_decide(cell.losses, cell.wins, cell.n, margin=margin, alpha=alpha, power=POWER)
    else:
        deviation, effective = spread_of(cell)
        asked = power.rows_to_decide_bounded(
            deviation, max(1, round(effective)), margin=margin, alpha=alpha, power=POWER
        )
        wanted = math.ceil(asked * cell.n / effective)
    return max(floor, wanted, cell.n + 1)


def fewest_rows(cell: Cell, *, margin: float, alpha: float) -> int:
    """Rows that pass without a single loss: the rule of three, in clusters where rows share them."""
    fewest = power.smallest_passing_rows(margin, alpha=alpha)
    if cell.clusters is None:
        return fewest
    return math.ceil(fewest * cell.n / spread_of(cell)[1])


def noticeable_loss(cell: Cell, *, margin: float, alpha: float) -> float:
    """The smallest true loss a guard at this margin would have shown in 80 of 100 cases, 0 to 1.

    The harm must stand out beyond the margin, so the margin is part of it.
    """
    return min(1.0, margin + (smallest_loss_seen(cell, alpha=alpha) or 0.0))


def smallest_loss_seen(cell: Cell, *, alpha: float) -> float | None:
    """The smallest true loss that stands out from 0 in 80 of 100 cards like this one, 0 to 1 (statistics.md, F9).

    None without complete pairs or with too few clusters.
    """
    if cell.delta is None or not cell.n or grouped.has_few_clusters(cell):
        return None
    if exact(cell):
        return power.smallest_regression_seen(cell.losses, cell.wins, cell.n, alpha=alpha, power=POWER)
    deviation, effective = spread_of(cell)
    return power.smallest_regression_seen_bounded(deviation, max(1, round(effective)), alpha=alpha, power=POWER)


def moments_of(
    cell: Cell, *, loss_allowed: float = NO_CONTRAST, pretend: Pretend = "dropped", unseen: int = 0
) -> bounded.Moments:
    """The cell's difference with its phantoms, rows or clusters. Raises EvidenceUnusable without complete pairs."""
    if cell.clusters is not None:
        strata = grouped.strata_of(cell, loss_allowed=loss_allowed, pretend=pretend, unseen=unseen)
        return clustered.clustered_moments(strata)
    return bounded.moments(_strata(cell, loss_allowed=loss_allowed, pretend=pretend, unseen=unseen))


def _strata(cell: Cell, *, loss_allowed: float, pretend: Pretend = "dropped", unseen: int = 0) -> list[bounded.Stratum]:
    # Where an example of unknown cohort weighs most: the worst case for whoever it is counted against.
    heaviest = max(range(len(cell.strata)), key=lambda i: cell.strata[i].weight / max(1, cell.strata[i].pairs.n))
    return [
        bounded.Stratum(
            weight=stratum.weight,
            differences=_differences(stratum, loss_allowed, pretend, unseen if number == heaviest else 0),
        )
        for number, stratum in enumerate(cell.strata)
    ]


def _differences(stratum: PairedStratum, loss_allowed: float, pretend: Pretend, unseen: int) -> Floats:
    student, teacher = stratum.pairs.student_values(), stratum.pairs.teacher_values()
    contrast = np.round(student - (1 - loss_allowed) * teacher, 9)
    if pretend == "dropped":
        return contrast
    filled = -1.0 if pretend == "losses" else 1.0
    return np.concatenate([contrast, np.full(stratum.missing_pairs + unseen, filled)])


def spread_of(cell: Cell) -> tuple[float, float]:
    """Standard deviation of one difference and the number of rows the weighted mean is worth (statistics.md §4.2).

    Of a cell with clusters: of one cluster, and the number of clusters.
    """
    if cell.clusters is not None:
        effect = clustered.design_effect(grouped.strata_of(cell, loss_allowed=NO_CONTRAST))
        return effect.deviation, effect.effective
    variance, inverse = 0.0, 0.0
    for stratum in cell.strata:
        differences = _differences(stratum, NO_CONTRAST, "dropped", 0)
        variance += stratum.weight**2 * float(np.var(differences)) / len(differences)
        inverse += stratum.weight**2 / len(differences)
    effective = 1 / inverse
    return math.sqrt(variance * effective), effective
