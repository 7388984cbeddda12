"""Rows to scorecard: pair, count what is missing, refuse what cannot be paired."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from apps.kernel.errors import InvalidInput
from apps.kernel.scorecard.alone import TimeCounts
from apps.kernel.scorecard.card import GLOBAL, Scorecard
from apps.kernel.scorecard.cell import Cell, Missing, PairedStratum
from apps.kernel.scorecard.clusters import Clusters
from apps.kernel.scorecard.endings import Endings, ending_of
from apps.kernel.scorecard.evidence import NO_OUTPUT, Cohort, Evaluator, Row, Unpaired
from apps.kernel.scorecard.judges import JudgeEvidence
from apps.kernel.scorecard.lines import Lines, OutcomeLine, TrafficLine, lines_of, settled
from apps.kernel.scorecard.pairs import SCORE_DIGITS, Pairs
from apps.kernel.scorecard.repeats import Repeats
from apps.kernel.scorecard.texts import Texts
from apps.kernel.scorecard.tokens import NO_LOGPROBS, Divergence
from apps.kernel.scorecard.traffic import Traffic
from apps.kernel.statistics.divergence import RowMissing

WeightsSource = Literal["row_share", "declared"]
Pair = tuple[float, float]

COST_DIGITS, LATENCY_DIGITS, WEIGHT_DIGITS = 12, 6, 12


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
    ordered = list(rows)
    _refuse_twice("row key", [row.key for row in ordered])
    for row in ordered:
        for run in (*row.teacher.runs, *row.student.runs):
            where = f"Row {row.key[:80]!r}"
            _refuse_negative(where, run.cost_usd, (run.latency_ms, run.first_token_ms))
    return assemble_lines(
        lines_of(ordered),
        cohorts=cohorts,
        evaluators=evaluators,
        weights_source=weights_source,
        unpaired=unpaired,
        facts=facts,
        judges=judges,
    )


def assemble_lines(
    lines: Lines,
    *,
    cohorts: Iterable[Cohort],
    evaluators: Iterable[Evaluator],
    weights_source: WeightsSource,
    unpaired: Unpaired,
    facts: Mapping[str, object],
    judges: Iterable[JudgeEvidence] = (),
) -> Scorecard:
    """The same from rows that were counted before, by ``lines_of`` or in a database: the same rows, the same card."""
    known_cohorts = sorted(cohorts, key=lambda cohort: cohort.name)
    known_evaluators = sorted(evaluators, key=lambda evaluator: evaluator.name)
    gathered = _gathered(lines)
    _refuse_names(gathered, known_cohorts, known_evaluators)
    rows = {cohort.name: gathered.traffic[cohort.name].rows for cohort in known_cohorts}
    total = sum(rows.values())
    shares = {name: count / total if total else 0.0 for name, count in rows.items()}
    if weights_source == "declared":
        _refuse_weights(known_cohorts)
        shares = {cohort.name: cohort.weight for cohort in known_cohorts}
    found = [
        _cell(cohort.name, evaluator.name, counts, lines.repeats.get((cohort.name, evaluator.name)))
        for cohort in known_cohorts
        for evaluator in known_evaluators
        if (counts := gathered.cells.get((cohort.name, evaluator.name))) is not None
    ]
    inside = sum(counts.one_sided for counts in gathered.traffic.values())
    return Scorecard(
        cohorts=tuple(Cohort(c.name, c.high_value, round(shares[c.name], WEIGHT_DIGITS)) for c in known_cohorts),
        evaluators=tuple(known_evaluators),
        weights_source=weights_source,
        cells=tuple(found),
        traffic={
            name: _traffic(gathered.traffic[name], _tokens(lines, name, count), _texts(lines, name))
            for name, count in rows.items()
        },
        unpaired=unpaired,
        unseen=max(0, unpaired.one_sided - inside),
        facts=facts,
        judges=_judges(judges, found),
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


@dataclass(slots=True)
class _CellCounts:
    """Complete pairs and missing ones of a cell, by cluster (None where there are no clusters)."""

    pairs: dict[str | None, Counter[Pair]] = field(default_factory=lambda: defaultdict(Counter))
    missing_pairs: Counter[str | None] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    observed: set[float] = field(default_factory=set)

    def take(self, line: OutcomeLine) -> None:
        teacher = settled(line.teacher_value, line.teacher_reason, line.teacher_fault)
        student = settled(line.student_value, line.student_reason, line.student_fault)
        for arm, outcome in (("teacher", teacher), ("student", student)):
            if outcome.value is None:
                self.missing[arm] += line.rows
                self.reasons[outcome.reason or "unknown"] += line.rows
            else:
                self.observed.add(outcome.value)
        if teacher.value is None or student.value is None:
            self.missing_pairs[line.cluster] += line.rows
        else:
            self.pairs[line.cluster][teacher.value, student.value] += line.rows


@dataclass(slots=True)
class _TrafficCounts:
    rows: int = 0
    one_sided: int = 0
    costs: Counter[Pair] = field(default_factory=Counter)
    unpriced: int = 0
    latencies: TimeCounts = field(default_factory=TimeCounts)
    first_tokens: TimeCounts = field(default_factory=TimeCounts)
    endings: Counter[tuple[str, str]] = field(default_factory=Counter)

    def take(self, line: TrafficLine) -> None:
        count = line.rows
        self.rows += count
        silent = line.teacher_fault == NO_OUTPUT, line.student_fault == NO_OUTPUT
        if any(silent):
            self.one_sided += 0 if all(silent) else count
            return  # Nothing was attempted in that arm, so there is nothing to price or to time.
        teacher_usd, student_usd = _finite(line.teacher_usd), _finite(line.student_usd)
        self.unpriced += count * ((teacher_usd is None) + (student_usd is None))
        if teacher_usd is not None and student_usd is not None:
            self.costs[teacher_usd, student_usd] += count
        self.latencies.take(_finite(line.teacher_ms), _finite(line.student_ms), count)
        self.first_tokens.take(_finite(line.teacher_first_ms), _finite(line.student_first_ms), count)
        ended = (
            ending_of(line.teacher_fault, line.teacher_finish),
            ending_of(line.student_fault, line.student_finish),
        )
        self.endings[ended] += count


@dataclass(frozen=True, slots=True)
class _Gathered:
    cells: dict[tuple[str, str], _CellCounts]
    traffic: dict[str, _TrafficCounts]


def _gathered(lines: Lines) -> _Gathered:
    found = _Gathered(defaultdict(_CellCounts), defaultdict(_TrafficCounts))
    for outcome in lines.outcomes:
        found.cells[outcome.cohort, outcome.evaluator].take(outcome)
    for line in lines.traffic:
        for usd, times in (
            (line.teacher_usd, (line.teacher_ms, line.teacher_first_ms)),
            (line.student_usd, (line.student_ms, line.student_first_ms)),
        ):
            _refuse_negative(f"A row of {line.cohort[:80]!r}", usd, times)
        found.traffic[line.cohort].take(line)
    return found


def _cell(cohort: str, evaluator: str, counts: _CellCounts, repeats: Repeats | None) -> Cell:
    by_cluster = {name: Pairs.counted(pairs, digits=SCORE_DIGITS) for name, pairs in counts.pairs.items()}
    clusters = None
    if any(name is not None for name in (*by_cluster, *counts.missing_pairs)):
        named = {name: pairs for name, pairs in by_cluster.items() if name is not None}
        clusters = Clusters.of(named, {name: n for name, n in counts.missing_pairs.items() if name is not None})
    missing_pairs = counts.missing_pairs.total()
    return Cell(
        cohort=cohort,
        evaluator=evaluator,
        strata=(PairedStratum(1.0, Pairs.merged(by_cluster.values()), missing_pairs, clusters),),
        binary=counts.observed <= {0.0, 1.0},
        missing=Missing(
            counts.missing["teacher"], counts.missing["student"], missing_pairs, dict(sorted(counts.reasons.items()))
        ),
        repeats=repeats,
    )


def _tokens(lines: Lines, cohort: str, rows: int) -> Divergence | None:
    """None where no row of any cohort stored a list; else rows without one are missing, not left out."""
    if not any(lines.tokens.values()):
        return None
    told = lines.tokens.get(cohort, [])
    return Divergence.of([*told, *[RowMissing(NO_LOGPROBS)] * (rows - len(told))])


def _texts(lines: Lines, cohort: str) -> Texts | None:
    return None if lines.texts is None else lines.texts.get(cohort, Texts())


def _traffic(counts: _TrafficCounts, divergence: Divergence | None, texts: Texts | None) -> Traffic:
    latency = Pairs.counted(counts.latencies.pairs, digits=LATENCY_DIGITS)
    return Traffic(
        rows=counts.rows,
        cost=Pairs.counted(counts.costs, digits=COST_DIGITS),
        unpriced=counts.unpriced,
        latency=latency,
        untimed=counts.rows - latency.n,
        first_token=Pairs.counted(counts.first_tokens.pairs, digits=LATENCY_DIGITS),
        endings=Endings.of(counts.endings),
        divergence=divergence,
        latency_alone=counts.latencies.alone(digits=LATENCY_DIGITS),
        first_token_alone=counts.first_tokens.alone(digits=LATENCY_DIGITS),
        texts=texts,
    )


def _finite(value: Decimal | float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _refuse_negative(where: str, usd: Decimal | None, times_ms: tuple[float | None, ...]) -> None:
    if usd is not None and usd.is_finite() and usd < 0:
        raise EvidenceRefused(f"{where} has a cost below zero.", code="cost_negative")
    for ms in times_ms:
        if ms is not None and math.isfinite(ms) and ms < 0:
            raise EvidenceRefused(f"{where} has a latency below zero.", code="latency_negative")


def _refuse_twice(what: str, names: Sequence[str]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise EvidenceRefused(f"The {what} {twice[:80]!r} appears more than once.", code="duplicate_name")


def _refuse_names(gathered: _Gathered, cohorts: Sequence[Cohort], evaluators: Sequence[Evaluator]) -> None:
    _refuse_twice("cohort", [cohort.name for cohort in cohorts])
    _refuse_twice("evaluator", [evaluator.name for evaluator in evaluators])
    if GLOBAL in {cohort.name for cohort in cohorts}:
        raise EvidenceRefused('A cohort cannot be called "*": that names all of them.', code="cohort_reserved")
    met = {*gathered.traffic, *(cohort for cohort, _ in gathered.cells)}
    strangers = sorted(met - {cohort.name for cohort in cohorts})
    if strangers:
        raise EvidenceRefused(f"The cohort {strangers[0][:80]!r} of a row is not declared.", code="cohort_unknown")
    unlisted = sorted({name for _, name in gathered.cells} - {evaluator.name for evaluator in evaluators})
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
