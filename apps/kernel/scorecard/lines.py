"""Evidence counted: equal outcomes as one line with a number, so that a database can do the counting.

Every part of a card follows from these lines, and lines that are split or come in another order give the same card.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard.cell import NOT_FINITE
from apps.kernel.scorecard.clusters import cluster_id
from apps.kernel.scorecard.evidence import Arm, Row
from apps.kernel.scorecard.pairs import SCORE_DIGITS
from apps.kernel.scorecard.repeats import Repeats, Runs, mean_of
from apps.kernel.scorecard.texts import Texts
from apps.kernel.statistics.divergence import RowDivergence, RowMissing

ROUNDING_SLACK = 1e-6
"""A score outside 0 to 1 by no more than this is a rounding accident and is clipped (statistics.md §1.2)."""

Place = tuple[str, str]


class OutcomeLine(NamedTuple):
    """So many rows of a cohort with just these outcomes of one evaluator.

    An arm without a value has a reason, or its answer's fault stands for one. ``cluster`` is the id of
    ``clusters.cluster_id``, None where the dataset has no clusters.
    """

    cohort: str
    evaluator: str
    cluster: str | None
    teacher_value: float | None
    teacher_reason: str | None
    teacher_fault: str | None
    student_value: float | None
    student_reason: str | None
    student_fault: str | None
    rows: int


class TrafficLine(NamedTuple):
    """So many rows of a cohort with just these costs, times and endings; None where unknown."""

    cohort: str
    teacher_fault: str | None
    teacher_finish: str | None
    teacher_usd: Decimal | None
    teacher_ms: float | None
    teacher_first_ms: float | None
    student_fault: str | None
    student_finish: str | None
    student_usd: Decimal | None
    student_ms: float | None
    student_first_ms: float | None
    rows: int


@dataclass(frozen=True, slots=True)
class Lines:
    """All a card is made of. ``repeats`` by (cohort, evaluator) where a row was answered more than once; ``tokens`` by
    cohort where token lists were stored; ``texts`` by cohort where the run asked how likely the teacher's answers are.
    """

    outcomes: Iterable[OutcomeLine]
    traffic: Iterable[TrafficLine]
    repeats: dict[Place, Repeats] = field(default_factory=dict)
    tokens: dict[str, list[RowDivergence | RowMissing]] = field(default_factory=dict)
    texts: dict[str, Texts] | None = None


def lines_of(rows: Sequence[Row]) -> Lines:
    """Count the rows. A row answered several times is one row: its outcome is the mean over its runs."""
    clustered = any(row.cluster for row in rows)
    repeated = any(row.teacher.repeats or row.student.repeats for row in rows)
    outcomes: Counter[tuple[object, ...]] = Counter()
    traffic: Counter[tuple[object, ...]] = Counter()
    asked: dict[Place, _Asked] = {}
    tokens: dict[str, list[RowDivergence | RowMissing]] = {}
    for row in rows:
        cluster = cluster_id(row.cluster, key="" if row.cluster else row.key) if clustered else None
        for evaluator in _evaluators(row):
            sides = (_side(row.teacher, evaluator), _side(row.student, evaluator))
            outcomes[row.cohort, evaluator, cluster, *sides[0], *sides[1]] += 1
            if repeated:
                asked.setdefault((row.cohort, evaluator), _Asked()).take(row, evaluator)
        traffic[row.cohort, *_traffic(row.teacher), *_traffic(row.student)] += 1
        if row.divergence is not None:
            tokens.setdefault(row.cohort, []).append(row.divergence)
    return Lines(
        outcomes=[OutcomeLine._make((*line, count)) for line, count in outcomes.items()],
        traffic=[TrafficLine._make((*line, count)) for line, count in traffic.items()],
        repeats={place: found.repeats() for place, found in asked.items()},
        tokens=tokens,
    )


def settled(value: float | None, reason: str | None, fault: str | None) -> Outcome:
    """An outcome as the card counts it: inside 0 to 1, or missing with a reason."""
    if value is None:
        return Outcome(None, reason or fault or "not_scored")
    if not math.isfinite(value):
        return Outcome(None, NOT_FINITE)
    if not -ROUNDING_SLACK <= value <= 1 + ROUNDING_SLACK:
        return Outcome(None, "out_of_range")
    return Outcome(round(min(1.0, max(0.0, float(value))), SCORE_DIGITS))


class _Asked:
    """What the repeated rows of one cell add up to."""

    def __init__(self) -> None:
        self.runs = (1, 1)
        self.incomplete = 0
        self.scores: Counter[Runs] = Counter()

    def take(self, row: Row, evaluator: str) -> None:
        both = [[_outcome(run, evaluator).value for run in arm.runs] for arm in (row.teacher, row.student)]
        self.runs = max(self.runs[0], len(both[0])), max(self.runs[1], len(both[1]))
        self.incomplete += any(None in values and any(v is not None for v in values) for values in both)
        known = tuple(sorted(value for value in both[0] if value is not None))
        if known:
            self.scores[known] += 1

    def repeats(self) -> Repeats:
        return Repeats.of(self.runs, self.incomplete, self.scores)


def _evaluators(row: Row) -> Iterator[str]:
    if row.teacher.repeats or row.student.repeats:
        yield from sorted({name for arm in (row.teacher, row.student) for run in arm.runs for name in run.scores})
        return
    yield from row.teacher.scores
    for name in row.student.scores:
        if name not in row.teacher.scores:
            yield name


def _side(arm: Arm, evaluator: str) -> tuple[float | None, str | None, str | None]:
    if arm.repeats:
        found = [_outcome(run, evaluator) for run in arm.runs]
        mean = mean_of([outcome.value for outcome in found])
        return mean, None if mean is not None else found[0].reason, None
    outcome = arm.scores.get(evaluator)
    if outcome is None:
        return None, None, arm.fault
    return outcome.value, outcome.reason, None if outcome.value is not None else arm.fault


def _outcome(arm: Arm, evaluator: str) -> Outcome:
    outcome = arm.scores.get(evaluator, Outcome(None))
    return settled(outcome.value, outcome.reason, arm.fault)


def _traffic(arm: Arm) -> tuple[object, ...]:
    return arm.fault, arm.finish, _mean_usd(arm), arm.latency_ms, arm.first_token_ms


def _mean_usd(arm: Arm) -> Decimal | None:
    """What one answer to the row costs: the mean over its runs, unknown when one of them is."""
    if not arm.repeats:
        return arm.cost_usd
    known = [run.cost_usd for run in arm.runs if run.cost_usd is not None]
    return sum(known, Decimal(0)) / len(known) if len(known) == len(arm.runs) else None
