"""Rows to scorecard: pair, count what is missing, refuse what cannot be paired."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from apps.kernel.errors import InvalidInput
from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard.card import GLOBAL, Scorecard
from apps.kernel.scorecard.cell import NOT_FINITE, Cell, Missing, PairedStratum
from apps.kernel.scorecard.evidence import NO_OUTPUT, Arm, Cohort, Evaluator, Row, Unpaired
from apps.kernel.scorecard.judges import JudgeEvidence
from apps.kernel.scorecard.pairs import Pairs
from apps.kernel.scorecard.traffic import Traffic

WeightsSource = Literal["row_share", "declared"]

SCORE_DIGITS, COST_DIGITS, LATENCY_DIGITS, WEIGHT_DIGITS = 9, 12, 6, 12
ROUNDING_SLACK = 1e-6
"""A score outside 0 to 1 by no more than this is a rounding accident and is clipped (statistics.md §1.2)."""


class EvidenceRefused(InvalidInput):
    """The rows, cohorts, evaluators and weights do not fit together."""

    code = "evidence_refused"
    title = "The evidence does not fit together"


def assemble(
    rows: Iterable[Row],
    *,
    cohorts: Iterable[Cohort],
    evaluators: Iterable[Evaluator],
    weights_source: WeightsSource,
    unpaired: Unpaired,
    facts: Mapping[str, object],
    judges: Iterable[JudgeEvidence] = (),
) -> Scorecard:
    """Build the card; rows may come in any order.

    With ``row_share`` the cohort weights are the shares of the rows and given weights are ignored. With ``declared``
    they are traffic shares and must sum to 1 within 1e-6. ``facts`` is kept verbatim and must be JSON-able. Raises
    EvidenceRefused for duplicate keys or names, unknown cohorts or evaluators, bad weights and negative costs or times.
    """
    ordered = sorted(rows, key=lambda row: row.key)
    known_cohorts = sorted(cohorts, key=lambda cohort: cohort.name)
    known_evaluators = sorted(evaluators, key=lambda evaluator: evaluator.name)
    _refuse_names(ordered, known_cohorts, known_evaluators)
    groups: dict[str, list[Row]] = {cohort.name: [] for cohort in known_cohorts}
    for row in ordered:
        groups[row.cohort].append(row)
    shares = {name: len(group) / len(ordered) if ordered else 0.0 for name, group in groups.items()}
    if weights_source == "declared":
        _refuse_weights(known_cohorts)
        shares = {cohort.name: cohort.weight for cohort in known_cohorts}
    inside = sum((row.teacher.fault == NO_OUTPUT) != (row.student.fault == NO_OUTPUT) for row in ordered)
    cells = [_cell(name, evaluator.name, group) for name, group in groups.items() for evaluator in known_evaluators]
    return Scorecard(
        cohorts=tuple(Cohort(c.name, c.high_value, round(shares[c.name], WEIGHT_DIGITS)) for c in known_cohorts),
        evaluators=tuple(known_evaluators),
        weights_source=weights_source,
        cells=tuple(cell for cell in cells if cell is not None),
        traffic={name: _traffic(group) for name, group in groups.items()},
        unpaired=unpaired,
        unseen=max(0, unpaired.one_sided - inside),
        facts=facts,
        judges=_judges(judges, [cell for cell in cells if cell is not None]),
    )


def _judges(judges: Iterable[JudgeEvidence], cells: Sequence[Cell]) -> tuple[JudgeEvidence, ...]:
    """By evaluator. Raises EvidenceRefused ``labels_do_not_fit`` for labels of pairs that no cell has."""
    found = tuple(sorted(judges, key=lambda judge: judge.evaluator))
    pairs = {(cell.cohort, cell.evaluator): cell.strata[0].pairs.triples for cell in cells}
    for judge in found:
        for cohort in judge.cohorts:
            left = Counter({(t, s): count for t, s, count in pairs.get((cohort.cohort, judge.evaluator), ())})
            for _, _, teacher, student, count in cohort.rows:
                left[teacher, student] -= count
            if any(count < 0 for count in left.values()):
                raise EvidenceRefused(
                    f"The labels of '{judge.evaluator[:80]}' in '{cohort.cohort[:80]}' are of scores the run lacks.",
                    code="labels_do_not_fit",
                )
    return found


def _cell(cohort: str, evaluator: str, rows: Sequence[Row]) -> Cell | None:
    found: list[tuple[float, float]] = []
    observed: set[float] = set()
    reasons: Counter[str] = Counter()
    missing = {"teacher": 0, "student": 0, "pairs": 0}
    for row in rows:
        if evaluator not in row.teacher.scores and evaluator not in row.student.scores:
            continue
        teacher, student = _outcome(row.teacher, evaluator), _outcome(row.student, evaluator)
        for arm, outcome in (("teacher", teacher), ("student", student)):
            if outcome.value is None:
                missing[arm] += 1
                reasons[outcome.reason or "unknown"] += 1
            else:
                observed.add(outcome.value)
        if teacher.value is None or student.value is None:
            missing["pairs"] += 1
        else:
            found.append((teacher.value, student.value))
    if not found and not missing["pairs"]:
        return None
    pairs = Pairs.of(found, digits=SCORE_DIGITS)
    return Cell(
        cohort=cohort,
        evaluator=evaluator,
        strata=(PairedStratum(1.0, pairs, missing["pairs"]),),
        binary=observed <= {0.0, 1.0},
        missing=Missing(**missing, reasons=dict(sorted(reasons.items()))),
    )


def _outcome(arm: Arm, evaluator: str) -> Outcome:
    """The outcome of an arm as the card counts it: inside 0 to 1, or missing with a reason."""
    outcome = arm.scores.get(evaluator)
    if outcome is None:
        return Outcome(None, arm.fault or "not_scored")
    if outcome.value is None:
        return Outcome(None, outcome.reason or arm.fault or "not_scored")
    if not math.isfinite(outcome.value):
        return Outcome(None, NOT_FINITE)
    if not -ROUNDING_SLACK <= outcome.value <= 1 + ROUNDING_SLACK:
        return Outcome(None, "out_of_range")
    return Outcome(round(min(1.0, max(0.0, float(outcome.value))), SCORE_DIGITS))


def _traffic(rows: Sequence[Row]) -> Traffic:
    costs: list[tuple[float, float]] = []
    latencies: list[tuple[float, float]] = []
    unpriced = 0
    for row in rows:
        if NO_OUTPUT in (row.teacher.fault, row.student.fault):
            continue  # Nothing was attempted in that arm, so there is nothing to price or to time.
        teacher_usd, student_usd = _cost(row, row.teacher), _cost(row, row.student)
        unpriced += (teacher_usd is None) + (student_usd is None)
        if teacher_usd is not None and student_usd is not None:
            costs.append((teacher_usd, student_usd))
        teacher_ms, student_ms = _latency(row, row.teacher), _latency(row, row.student)
        if teacher_ms is not None and student_ms is not None:
            latencies.append((teacher_ms, student_ms))
    return Traffic(
        rows=len(rows),
        cost=Pairs.of(costs, digits=COST_DIGITS),
        unpriced=unpriced,
        latency=Pairs.of(latencies, digits=LATENCY_DIGITS),
        untimed=len(rows) - len(latencies),
    )


def _cost(row: Row, arm: Arm) -> float | None:
    if arm.cost_usd is None or not arm.cost_usd.is_finite():
        return None
    if arm.cost_usd < 0:
        raise EvidenceRefused(f"Row {row.key[:80]!r} has a cost below zero.", code="cost_negative")
    return float(arm.cost_usd)


def _latency(row: Row, arm: Arm) -> float | None:
    if arm.latency_ms is None or not math.isfinite(arm.latency_ms):
        return None
    if arm.latency_ms < 0:
        raise EvidenceRefused(f"Row {row.key[:80]!r} has a latency below zero.", code="latency_negative")
    return float(arm.latency_ms)


def _refuse_names(rows: Sequence[Row], cohorts: Sequence[Cohort], evaluators: Sequence[Evaluator]) -> None:
    for what, names in (
        ("row key", [row.key for row in rows]),
        ("cohort", [cohort.name for cohort in cohorts]),
        ("evaluator", [evaluator.name for evaluator in evaluators]),
    ):
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise EvidenceRefused(f"The {what} {twice[0][:80]!r} appears more than once.", code="duplicate_name")
    if GLOBAL in {cohort.name for cohort in cohorts}:
        raise EvidenceRefused('A cohort cannot be called "*": that names all of them.', code="cohort_reserved")
    strangers = sorted({row.cohort for row in rows} - {cohort.name for cohort in cohorts})
    if strangers:
        raise EvidenceRefused(f"The cohort {strangers[0][:80]!r} of a row is not declared.", code="cohort_unknown")
    scored = {name for row in rows for arm in (row.teacher, row.student) for name in arm.scores}
    unlisted = sorted(scored - {evaluator.name for evaluator in evaluators})
    if unlisted:
        raise EvidenceRefused(f"The evaluator {unlisted[0][:80]!r} is not in the suite.", code="evaluator_unknown")


def _refuse_weights(cohorts: Sequence[Cohort]) -> None:
    weights = [cohort.weight for cohort in cohorts]
    # Written so that NaN, for which every comparison is false, is refused too.
    if not all(0 <= weight <= 1 for weight in weights) or not abs(math.fsum(weights) - 1) <= 1e-6:
        raise EvidenceRefused(
            f"The traffic weights {', '.join(map(str, weights))[:80]} must lie in 0 to 1 and sum to 1.",
            code="weights_sum",
        )
