"""Whether a cohort lost more than the other cohorts did: worth a look, never a verdict (statistics.md §3 F16, §4.3).

"Alert when a cohort is worse than the mean" fires on nearly every card, for half of all equal cohorts are. Here the
contrast, delta − delta of the rest, must be shown to lie below −margin, among all harm claims of the gate (Holm).
Shown or not, the finding reads ``clear``: a cohort may lag behind the others and still hold its own limit, and a gate
that failed for it would punish a student for being better elsewhere. What a cohort may lose is said by a score rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from apps.kernel.gate.finding import Finding
from apps.kernel.gate.selection import Asked, cells_asked
from apps.kernel.policy import Policy, Rule
from apps.kernel.scorecard import Cell, Scorecard
from apps.kernel.sentences import excess
from apps.kernel.statistics import bounded
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.multiplicity import holm

FIGURE = "excess_loss"
WORTH_A_LOOK, NOT_COMPARED = "worth_a_look", "not_compared"


@dataclass(frozen=True, slots=True)
class Contrast:
    """``delta`` is the cohort's delta less that of the rest, −2 to 2; ``p_fail`` against "at most the margin worse"."""

    delta: float
    interval: Interval
    p_fail: float


def findings(card: Scorecard, policy: Policy, *, harm: Sequence[float]) -> list[Finding]:
    """One finding per rule and cell. ``harm`` holds the p-values of the gate's other harm claims.

    The chance that any of them says "worth a look" of a cohort that is none the worse is at most alpha (Holm over these
    claims and ``harm``); the other claims are judged without these, which cannot fail anything.
    """
    asked = [(rule, place) for rule in policy.rules if rule.figure == FIGURE for place in cells_asked(card, rule)]
    found = [(rule, place, _contrast(card, place, rule, policy.level)) for rule, place in asked]
    tested = [contrast.p_fail for _, _, contrast in found if contrast is not None]
    adjusted = iter(holm([*tested, *harm]))
    return [
        _finding(policy, rule, place, contrast, next(adjusted), claims=len(tested) + len(harm))
        if contrast is not None
        else _silent(rule, place)
        for rule, place, contrast in found
    ]


def contrast(cell: Cell, rest: Sequence[tuple[float, Cell]], *, margin: float, level: float) -> Contrast:
    """A cohort against the others, each with its weight (weights above 0, any scale). Scores in 0 to 1.

    Half the cohort's mean and half the mean of the negated rest make one bounded mean of half the contrast, to which
    the two phantom rows and Student's t of statistics.md §4.2 apply with half the margin.
    """
    total = sum(weight for weight, _ in rest)
    strata = [bounded.Stratum(0.5, _differences(cell))]
    strata += [bounded.Stratum(0.5 * weight / total, -_differences(other)) for weight, other in rest]
    estimate = bounded.phantom_interval(strata, level=level)
    tested = bounded.phantom_test(strata, margin=margin / 2)
    interval = Interval(2 * estimate.interval.low, 2 * estimate.interval.high, level)
    return Contrast(2 * estimate.delta, interval, tested.p_fail)


def _contrast(card: Scorecard, place: Asked, rule: Rule, level: float) -> Contrast | None:
    cell = place.cell
    if cell is None or not cell.n or any(one.clusters for one in card.cells if one.evaluator == cell.evaluator):
        return None  # rows that share clusters are fewer than they seem; beside.py looks at those
    declared = card.weights_source == "declared"
    weights = {cohort.name: cohort.weight for cohort in card.cohorts}
    others = [one for one in card.cells if one.evaluator == cell.evaluator and one.cohort != cell.cohort and one.n]
    rest = [(weights[one.cohort] if declared else float(one.n), one) for one in others]
    rest = [(weight, one) for weight, one in rest if weight > 0]
    return contrast(cell, rest, margin=rule.limit, level=level) if rest else None


def _differences(cell: Cell) -> bounded.Floats:
    parts = [np.round(part.pairs.student_values() - part.pairs.teacher_values(), 9) for part in cell.strata]
    return np.concatenate(parts)


def _finding(policy: Policy, rule: Rule, place: Asked, found: Contrast, adjusted: float, *, claims: int) -> Finding:
    shown = adjusted <= policy.alpha
    words = excess.worth_a_look if shown else excess.like_the_rest
    return replace(
        Finding.opened(rule, place.cohort, place.evaluator),
        verdict="clear",
        reason=WORTH_A_LOOK if shown else None,
        value=found.delta,
        interval=found.interval,
        p_fail=found.p_fail,
        sentence=words(
            place.cohort, place.evaluator, delta=found.delta, interval=found.interval, margin=rule.limit,
            alpha=policy.alpha, claims=claims,
        ),
    )  # fmt: skip


def _silent(rule: Rule, place: Asked) -> Finding:
    said = excess.not_compared(place.cohort, place.evaluator)
    opened = Finding.opened(rule, place.cohort, place.evaluator)
    return replace(opened, verdict="clear", reason=NOT_COMPARED, sentence=said)
