"""Synthetic comparisons of a teacher with a slightly worse student, the same in every process."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard import Arm, Cohort, Evaluator, Row, Scorecard, Unpaired, assemble

SEED = 20240611
# A judge's five marks and the two of pass or fail; outcomes are frozen, so rows may share them.
OUTCOMES = {mark: Outcome(mark) for mark in (0.0, 0.25, 0.5, 0.75, 1.0)}
GRADED_EVERY = 3


@dataclass(frozen=True, slots=True)
class Size:
    """So many rows, cohorts of unequal size when they do not divide, and evaluators, every third a graded one."""

    rows: int
    cohorts: int
    evaluators: int

    def __str__(self) -> str:
        return f"{self.rows:,} rows × {self.evaluators} evaluators × {self.cohorts} cohorts"


SEED_CARD = Size(rows=500, cohorts=8, evaluators=6)
LARGE_CARD = Size(rows=100_000, cohorts=50, evaluators=10)


def rows_of(size: Size) -> list[Row]:
    """Rows with scores of both arms, costs and latencies; cohorts differ in size by up to a factor of three."""
    dice = np.random.Generator(np.random.Philox(SEED))
    shares = np.linspace(1.0, 3.0, size.cohorts) if size.rows < 10_000 else np.ones(size.cohorts)
    cohort = np.sort(dice.choice(size.cohorts, size.rows, p=shares / shares.sum()))
    teacher_scores, student_scores = zip(
        *(_scores(dice, size.rows, number) for number in range(size.evaluators)), strict=True
    )
    teacher_ms = np.round(dice.lognormal(7, 0.6, size.rows), 3)
    student_ms = np.round(teacher_ms * dice.lognormal(-1, 0.4, size.rows), 3)
    return [
        Row(
            key=f"row-{place:06}",
            cohort=f"cohort-{cohort[place]:02}",
            teacher=_arm(teacher_scores, place, Decimal(int(3 * teacher_ms[place])) / 1_000_000, teacher_ms),
            student=_arm(student_scores, place, Decimal(int(student_ms[place])) / 1_000_000, student_ms),
        )
        for place in range(size.rows)
    ]


def card_of(size: Size, rows: list[Row]) -> Scorecard:
    """The card of these rows; every fourth cohort is of high value."""
    return assemble(
        rows,
        cohorts=[Cohort(f"cohort-{number:02}", number % 4 == 0) for number in range(size.cohorts)],
        evaluators=[Evaluator(_evaluator(number), number % 2 == 0) for number in range(size.evaluators)],
        weights_source="row_share",
        unpaired=Unpaired(),
        facts={},
    )


def _scores(dice: np.random.Generator, rows: int, evaluator: int) -> tuple[list[Outcome], list[Outcome]]:
    teacher = np.where(dice.random(rows) < 0.9, 1.0, 0.0)
    student = np.where(dice.random(rows) < 0.06, 1.0 - teacher, teacher)
    if evaluator % GRADED_EVERY == GRADED_EVERY - 1:
        teacher = np.minimum(1.0, np.maximum(0.0, teacher - dice.integers(0, 3, rows) / 4))
        student = np.minimum(
            1.0, np.maximum(0.0, teacher + dice.choice([-0.25, 0.0, 0.25], rows, p=[0.07, 0.88, 0.05]))
        )
    return [OUTCOMES[mark] for mark in teacher.tolist()], [OUTCOMES[mark] for mark in student.tolist()]


def _arm(scores: tuple[list[Outcome], ...], place: int, cost_usd: Decimal, latency_ms: np.ndarray) -> Arm:
    named = {_evaluator(number): outcomes[place] for number, outcomes in enumerate(scores)}
    return Arm(named, cost_usd, float(latency_ms[place]))


def _evaluator(number: int) -> str:
    return f"evaluator-{number:02}"
