"""What it takes to decide what a gate left open: the rows to add, and their price and time (statistics.md §4.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from apps.kernel.gate.finding import Finding
from apps.kernel.gate.times import student_times
from apps.kernel.planner import Price
from apps.kernel.scorecard import GLOBAL, Cell, Scorecard

MS = 1000


@dataclass(frozen=True, slots=True)
class ToCollect:
    """Rows that an inconclusive finding lacks. ``usd`` and ``minutes`` are for both models' answers to them,

    None where the card has no price or no time of a row; judges are not in it.
    """

    rule: str
    cohort: str
    evaluator: str | None
    rows_to_decide: int
    rows_missing: int
    usd: float | None
    minutes: float | None

    def document(self) -> dict[str, object]:
        return asdict(self)


def price_of(card: Scorecard, cohort: str = GLOBAL) -> Price:
    """Both models' mean cost and latency of a row; None where rows have no price or no time."""
    traffic = card.traffic_of(cohort)
    costs, latencies = traffic.cost, traffic.latency
    return Price(
        usd_per_row=None if traffic.unpriced or not costs.n else (costs.teacher_mean or 0) + (costs.student_mean or 0),
        seconds_per_row=((latencies.teacher_mean or 0) + (latencies.student_mean or 0)) / MS if latencies.n else None,
    )


def to_collect(card: Scorecard, findings: Iterable[Finding]) -> tuple[ToCollect, ...]:
    """One line a finding that more rows may decide, in the order of the findings; priced by the cohort's own rows."""
    return tuple(
        _line(card, finding, finding.rows_to_decide)
        for finding in findings
        if finding.verdict == "inconclusive" and finding.rows_to_decide is not None
    )


def _rows_there(card: Scorecard, finding: Finding, cell: Cell | None) -> int:
    """The rows of the card that the finding counts already."""
    if finding.figure == "latency":
        return student_times(card, finding.cohort, until=finding.until).n
    return 0 if cell is None else cell.n


def _line(card: Scorecard, finding: Finding, wanted: int) -> ToCollect:
    cell = None if finding.evaluator is None else card.cell(finding.cohort, finding.evaluator)
    lacking = max(0, wanted - _rows_there(card, finding, cell))
    price = price_of(card, finding.cohort)
    return ToCollect(
        rule=finding.rule,
        cohort=finding.cohort,
        evaluator=finding.evaluator,
        rows_to_decide=wanted,
        rows_missing=lacking,
        usd=None if price.usd_per_row is None else lacking * price.usd_per_row,
        minutes=None if price.seconds_per_row is None else lacking * price.seconds_per_row / 60,
    )
