"""The headline figures of a scorecard: quality kept, worst loss, cost, latency, divergence, rows; each with its n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.console import figures
from apps.console.scorecard_texts import CROSS_ENTROPY, DIVERGENCE, bits, span, why
from apps.console.verdict_panel import ALL_TRAFFIC, Document, worst

GLOBAL = "*"
ON_TEXT = {"greedy": "on greedy text", "other": "not at temperature 1"}
REASONS = {
    "unpriced": "a model has no price",
    "teacher_cost_zero": "the teacher cost nothing",
    "teacher_latency_zero": "the teacher took no time",
    "unbounded": "too few rows to bound it",
    "evidence_missing": "not recorded",
    "not_available": "no log-probabilities stored",
    "not_comparable": "unlike or unnamed tokenizers",
    "no_rows": "no readable row",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its unit, what it is of, the verdict on it when a rule gave one, and its section of the method."""

    label: str
    value: str
    unit: str
    note: str
    verdict: str | None
    section: str


def tiles(report: Document) -> tuple[Tile, ...]:
    """Quality kept, worst loss, cost ratio, p50, p99, divergence and rows, in this order."""
    cells = [cell for cell in report["cells"] if cell["delta_pp"] is not None]
    total = next(cohort for cohort in report["cohorts"] if cohort["cohort"] == GLOBAL)
    return (
        _kept([cell for cell in cells if cell["cohort"] == GLOBAL and cell["teacher"]]),
        _worst_loss(worst_cell(report)),
        _cost(total, _ruling(report, "cost_ratio")),
        _latency("p50 latency", total["latency_p50_ms"], _limit_on(report, 0.5)),
        _latency("p99 latency", total["latency_p99_ms"], _limit_on(report, 0.99), _ruling(report, "latency_ratio")),
        _headline_divergence(total, report),
        _rows(total["n"], report["unpaired"]),
    )


def reason(code: str | None) -> str:
    """Why a figure is unknown, in words; "" without a code."""
    return "" if code is None else REASONS.get(code, code.replace("_", " "))


def worst_cell(report: Document) -> Document | None:
    """The cell with the greatest loss in a cohort; over all traffic only where there is no cohort's."""
    cells = [cell for cell in report["cells"] if cell["delta_pp"] is not None]
    in_cohorts = [cell for cell in cells if cell["cohort"] != GLOBAL]
    return min(in_cohorts or cells, key=lambda cell: cell["delta_pp"], default=None)


def place_of(cell: Document) -> str:
    return f"{ALL_TRAFFIC if cell['cohort'] == GLOBAL else cell['cohort']} · {cell['evaluator']}"


def _kept(cells: Sequence[Document]) -> Tile:
    """The evaluator on which the student keeps the smallest part of the teacher's score."""
    if not cells:
        return Tile("Quality kept", figures.UNKNOWN, "", "no complete row", None, "quality-kept")
    least = min(cells, key=lambda cell: cell["student"] / cell["teacher"])
    more = f", the least of {len(cells)} evaluators" if len(cells) > 1 else ""
    note = f"{least['evaluator']} {least['student']:.3f} of {least['teacher']:.3f}, n {least['n']:,}{more}"
    return Tile("Quality kept", f"{100 * least['student'] / least['teacher']:.1f}", "%", note, None, "quality-kept")


def _worst_loss(cell: Document | None) -> Tile:
    if cell is None:
        return Tile("Worst cohort Δ", figures.UNKNOWN, "", "no complete row", None, "difference")
    note = f"{place_of(cell)} {figures.interval(cell['interval_pp'])}, n {cell['n']:,}"
    return Tile("Worst cohort Δ", figures.signed(cell["delta_pp"]), "pp", note, cell["verdict"], "difference")


def _cost(total: Document, ruling: Document | None) -> Tile:
    verdict = None if ruling is None else ruling["verdict"]
    limit = "" if ruling is None or ruling["at_most"] is None else f"limit {ruling['at_most']:g}"
    if total["cost_ratio"] is None:
        why = reason(total["cost_ratio_reason"] or "evidence_missing")
        return Tile("Cost ratio", figures.UNKNOWN, "", _joined(why, limit), verdict, "cost-ratio")
    ends = figures.ratio_interval(total["cost_ratio_interval"]) if total["cost_ratio_interval"] else "not bounded"
    note = _joined(f"{ends}, n {total['n']:,}", limit)
    return Tile("Cost ratio", figures.ratio(total["cost_ratio"]), "", note, verdict, "cost-ratio")


def _latency(label: str, sides: Document, *rulings: Document | None) -> Tile:
    verdict = worst(ruling["verdict"] for ruling in rulings if ruling is not None)
    teacher, student = sides["teacher"], sides["student"]
    if teacher is None or student is None:
        return Tile(label, figures.UNKNOWN, "", "not recorded", verdict, "latency")
    note = f"teacher {figures.milliseconds(teacher)} ms{_pace(teacher, student)}"
    return Tile(label, figures.milliseconds(student), "ms", note, verdict, "latency")


def _pace(teacher: float, student: float) -> str:
    if not teacher or not student:
        return ""
    if student <= teacher:
        return f" · {teacher / student:.1f}× faster"
    return f" · {student / teacher:.1f}× slower"


def _headline_divergence(total: Document, report: Document) -> Tile:
    """Of whole answers where the run measured it, else the bound of next tokens."""
    found = total.get("bits_per_byte")
    if found is None:
        return _divergence(total.get("divergence"), _ruling(report, "divergence"))
    ruling = _ruling(report, "divergence", measure="bits_per_byte")
    verdict = None if ruling is None else ruling["verdict"]
    label = DIVERGENCE if found["sampling"] == "temperature_1" else CROSS_ENTROPY
    if found["gap"] is None:
        return Tile(label, figures.UNKNOWN, "", why(found["reason"]), verdict, "bits-per-byte")
    ends = f"{span(found['interval']) or 'not bounded'}, n {found['n']:,}"
    note = _joined("a byte of text", ends, ON_TEXT.get(found["sampling"], ""))
    return Tile(label, bits(found["gap"]), "bits", note, verdict, "bits-per-byte")


def _divergence(found: Document | None, ruling: Document | None) -> Tile:
    """A lower bound, and never said without its sign and the teacher's mass that it covers."""
    verdict = None if ruling is None else ruling["verdict"]
    if found is None or found["at_least_nats"] is None:
        why = reason("not_available" if found is None else found["reason"])
        return Tile("KL divergence", figures.UNKNOWN, "", why, verdict, "divergence")
    note = f"covers {figures.percent(found['covered'])} of teacher mass, n {found['n']:,}"
    return Tile("KL divergence", f"≥ {found['at_least_nats']:.2f}", "nats", note, verdict, "divergence")


def _rows(rows: int, unpaired: Document) -> Tile:
    left_out = sum(unpaired.values())
    note = f"{left_out:,} left out, not paired" if left_out else "all paired by row id"
    return Tile("Rows compared", figures.count(rows), "", note, None, "missing-and-unpaired")


def _ruling(report: Document, figure: str, *, measure: str | None = None) -> Document | None:
    """The finding on this figure over all traffic, if a rule asked."""
    asked = [f for f in report["findings"] if f["figure"] == figure and f["cohort"] == GLOBAL]
    return next((finding for finding in asked if finding.get("measure") == measure), None)


def _limit_on(report: Document, quantile: float) -> Document | None:
    """The finding that limits this percentile of all whole answers in milliseconds, if a rule asked."""
    asked = (f for f in report["findings"] if f["figure"] == "latency" and f["cohort"] == GLOBAL)
    return next((f for f in asked if f["quantile"] == quantile and f["until"] == "answer"), None)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
