"""S-22: how often a rule over corrected scores passes a student exactly at the margin, however the judge errs."""

from __future__ import annotations

import numpy as np

from apps.kernel.statistics.bounded import Stratum, phantom_test
from apps.kernel.statistics.rectified import LabelledStratum, rectified_test
from simulations.result import Cell, Result, draws, generator, highest, widened
from simulations.shapes import Floats

ALPHA = 0.05
FULL = 6_000
MARGINS = (0.03, 0.10)
TEACHER = 0.85
REDONE = 0.25
"""Share of rows on which the student's success does not depend on the teacher's."""
# Sensitivity and specificity on the teacher's answers, then on the student's.
JUDGES: dict[str, tuple[float, float, float, float]] = {
    "errs alike .90/.85": (0.90, 0.85, 0.90, 0.85),
    "perfect": (1.0, 1.0, 1.0, 1.0),
    "kinder to the student": (0.90, 0.90, 0.95, 0.60),
    "a coin": (0.5, 0.5, 0.5, 0.5),
}
# Each cohort's weight in the whole, labelled rows and other rows: the second over-samples the small one.
LAYOUTS: dict[str, tuple[tuple[float, int, int], ...]] = {
    "50 of 300 labelled": ((1.0, 50, 250),),
    "200 of 1,000 labelled": ((1.0, 200, 800),),
    "60 of 100 and 60 of 900 labelled, by rows": ((0.1, 60, 40), (0.9, 60, 840)),
    "5 and 95 labelled, weights .3/.7": ((0.3, 5, 95), (0.7, 95, 805)),
}


def corrected_rule(scale: float, seed: int) -> Result:
    """At most 8.5 % false passes of the corrected rule; the raw one is shown to pass far more where a judge is kind."""
    cells, raw = [], []
    for number, (judge, rates) in enumerate(JUDGES.items()):
        for place, (layout, cohorts) in enumerate(LAYOUTS.items()):
            for margin in MARGINS:
                dice = generator(seed, 22, number, place, round(1000 * margin))
                count = draws(FULL, scale)
                passed = fooled = 0
                for _ in range(count):
                    strata = [_stratum(dice, *cohort, margin, rates) for cohort in cohorts]
                    passed += rectified_test(strata, margin=margin).p_pass <= ALPHA
                    seen = [Stratum(s.weight, np.concatenate([s.judge, s.unlabelled])) for s in strata]
                    fooled += phantom_test(seen, margin=margin).p_pass <= ALPHA
                where = f"judge {judge}, {layout}, margin {100 * margin:g} pt"
                cells.append(Cell(where, passed / count))
                raw.append(Cell(where, fooled / count))
    worst, believed = highest(cells), highest(raw)
    bar = widened(0.085, FULL, scale)
    holds = worst.rate <= bar and believed.rate > 0.5
    detail = f"at {worst.at}; raw scores {believed.rate:.4f} at {believed.at} (shown to be above 0.5)"
    return Result("S-22", "false PASS of a corrected score", worst.rate, bar, holds, detail)


def _stratum(
    dice: np.random.Generator,
    weight: float,
    labelled: int,
    others: int,
    margin: float,
    rates: tuple[float, float, float, float],
) -> LabelledStratum:
    teacher, student = truth(dice, labelled + others, margin)
    seen = seen_by(dice, student, *rates[2:]) - seen_by(dice, teacher, *rates[:2])
    return LabelledStratum(weight, (student - teacher)[:labelled], seen[:labelled], seen[labelled:])


def truth(dice: np.random.Generator, n: int, margin: float) -> tuple[Floats, Floats]:
    """Passes and fails of both models, the student's rate exactly the margin below the teacher's."""
    teacher = (dice.random(n) < TEACHER).astype(np.float64)
    # On a redone row the student passes with this chance, so that the whole difference is the margin.
    redone, chance = dice.random(n) < REDONE, TEACHER - margin / REDONE
    student = np.where(redone, (dice.random(n) < chance).astype(np.float64), teacher)
    return teacher, student


def seen_by(dice: np.random.Generator, truth: Floats, sensitivity: float, specificity: float) -> Floats:
    return (dice.random(len(truth)) < np.where(truth == 1, sensitivity, 1 - specificity)).astype(np.float64)
