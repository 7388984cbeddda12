"""A cell's interval, p-values and power: which estimator of kernel.statistics speaks for it (statistics.md §4)."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from apps.kernel.policy import Rule
from apps.kernel.scorecard import Cell, PairedStratum
from apps.kernel.statistics import bounded, paired, power
from apps.kernel.statistics.interval import Interval

Floats = NDArray[np.float64]
Pretend = Literal["dropped", "losses", "wins"]

NO_CONTRAST = 0.0
POWER = 0.8


def exact(cell: Cell) -> bool:
    """Whether the counts of losses and wins say everything: scores of 0 and 1, all rows counting alike."""
    return cell.binary and cell.pooled


def interval_of(cell: Cell, *, level: float, margin: float | None = None) -> Interval | None:
    """The interval of student − teacher, None without complete pairs.

    Counted tables for binary cells; with a margin the interval ends beyond −margin exactly where the test turns. Two
    phantom rows and Student's t for the others.
    """
    if cell.delta is None:
        return None
    if exact(cell):
        return paired.drawn_interval(cell.losses, cell.wins, cell.n, margin=margin, level=level)
    return bounded.phantom_interval(_strata(cell, loss_allowed=NO_CONTRAST), level=level).interval


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
    strata = _strata(cell, loss_allowed=rule.limit if relative else NO_CONTRAST, pretend=pretend, unseen=unseen)
    tested = bounded.phantom_test(strata, margin=0.0 if relative else rule.limit)
    return tested.p_pass, tested.p_fail


def margin_of(cell: Cell, rule: Rule) -> float:
    """The margin on the 0–1 scale; a relative one is taken of the teacher's score."""
    return rule.limit if rule.unit == "pp" else rule.limit * (cell.teacher or 0.0)


def rows_to_decide(cell: Cell, *, margin: float, alpha: float) -> int | None:
    """Rows with which an equal student would pass in 80 of 100 cases; None when the observed loss exceeds the margin.

    Never below what the exact rule needs without a single loss, and always more than there are.
    """
    floor = power.smallest_passing_rows(margin, alpha=alpha)
    if cell.delta is None or not cell.n:
        return floor
    if -cell.delta > margin + 1e-12:
        return None
    if exact(cell):
        wanted = power.rows_to_decide(cell.losses, cell.wins, cell.n, margin=margin, alpha=alpha, power=POWER)
    else:
        deviation, effective = _spread(cell)
        asked = power.rows_to_decide_bounded(deviation, round(effective), margin=margin, alpha=alpha, power=POWER)
        wanted = math.ceil(asked * cell.n / effective)
    return max(floor, wanted, cell.n + 1)


def noticeable_loss(cell: Cell, *, margin: float, alpha: float) -> float:
    """The smallest true loss a guard at this margin would have shown in 80 of 100 cases, 0 to 1.

    The harm must stand out beyond the margin, so the margin is part of it.
    """
    if exact(cell):
        seen = power.smallest_regression_seen(cell.losses, cell.wins, cell.n, alpha=alpha, power=POWER)
    else:
        deviation, effective = _spread(cell)
        seen = power.smallest_regression_seen_bounded(deviation, round(effective), alpha=alpha, power=POWER)
    return min(1.0, margin + seen)


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


def _spread(cell: Cell) -> tuple[float, float]:
    """Standard deviation of one difference and the number of rows the weighted mean is worth (statistics.md §4.2)."""
    variance, inverse = 0.0, 0.0
    for stratum in cell.strata:
        differences = _differences(stratum, NO_CONTRAST, "dropped", 0)
        variance += stratum.weight**2 * float(np.var(differences)) / len(differences)
        inverse += stratum.weight**2 / len(differences)
    effective = 1 / inverse
    return math.sqrt(variance * effective), effective
