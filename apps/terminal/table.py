"""A report as a table for a terminal: the same words and figures as the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.kernel import mix

GLYPHS = {"pass": "✓", "fail": "✕", "inconclusive": "◐", "invalid": "⬡", "clear": "○"}
ALL_TRAFFIC = "all traffic"
UNKNOWN = "–"


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The scorecard, cohort by cohort, then the verdict with the sentence of every finding that holds it back."""
    yield from _grid(HEAD, [_row(cell) for cell in report["cells"]])
    yield ""
    yield from _grid(TRAFFIC_HEAD, [_traffic(cohort) for cohort in report["cohorts"]])
    yield ""
    yield from _limits(report["findings"])
    yield from gap_lines(report)
    yield from _unpaired(report["unpaired"])
    yield from verdict_lines(report)
    yield from remark_lines(report)
    yield f"digest {report['digest']}"


def gap_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """How much likelier the teacher's answers are to the teacher than to the student, where the run measured it."""
    told = [(cohort["cohort"], found) for cohort in report["cohorts"] if (found := cohort.get("bits_per_byte"))]
    if not told:
        return
    means = {found["means"] for _, found in told}
    yield "bits-per-byte gap" if "cross_entropy_gap" not in means else "cross-entropy gap, bits a byte (no divergence)"
    yield from _grid(GAP_HEAD, [_gap(cohort, found) for cohort, found in told])
    yield ""


def verdict_lines(report: Mapping[str, Any]) -> Iterator[str]:
    verdict = report["verdict"]
    if verdict is None:
        yield "No gate was asked."
        return
    yield f"{GLYPHS[verdict]} {verdict.upper()}"
    lacking = {(one["rule"], one["cohort"], one["evaluator"]): one for one in report.get("to_collect", ())}
    for finding in report["findings"]:
        if finding["verdict"] in ("fail", "inconclusive", "invalid"):
            line = lacking.get((finding["rule"], finding["cohort"], finding["evaluator"]))
            yield f"  {GLYPHS[finding['verdict']]} {finding['rule']}: {finding['sentence']}{_to_collect(line)}"


def remark_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """What is worth knowing and decides nothing: what the gate remarked, or at least the losses that a mix hides."""
    told = [one["sentence"] for one in report["remarks"]] if "remarks" in report else mix.warnings(report)
    looks = [one["sentence"] for one in report["findings"] if one["reason"] == "worth_a_look"]
    for sentence in (*told, *looks):
        yield f"  ! {sentence}"


HEAD = ("cohort", "evaluator", "n", "teacher", "student", "Δ pp", "interval pp", "level", "margin", "verdict", "rows")
TRAFFIC_HEAD = ("cohort", "n", "high value", "cost ratio", "p50 ms", "p99 ms")
GAP_HEAD = ("cohort", "n", "gap", "interval", "teacher", "student", "left out")
LIMIT_HEAD = ("rule", "cohort", "evaluator", "limit", "seen", "interval", "verdict", "rows")
LEFT = frozenset({"rule", "cohort", "evaluator", "verdict", "high value"})


def _row(cell: Mapping[str, Any]) -> list[str]:
    interval = cell["interval_pp"]
    verdict = cell["verdict"]
    return [
        _cohort(cell["cohort"]),
        cell["evaluator"],
        str(cell["n"]),
        _number(cell["teacher"], 3),
        _number(cell["student"], 3),
        _signed(cell["delta_pp"]),
        UNKNOWN if interval is None else f"[{_signed(interval[0])}, {_signed(interval[1])}]",
        f"{cell['level']:.0%}",
        UNKNOWN if cell["margin_pp"] is None else _signed(-cell["margin_pp"]),
        UNKNOWN if verdict is None else f"{GLYPHS[verdict]} {verdict}",
        UNKNOWN if cell["rows_to_decide"] is None else f"{cell['rows_to_decide']:,}",
    ]


def _traffic(cohort: Mapping[str, Any]) -> list[str]:
    return [
        _cohort(cohort["cohort"]),
        str(cohort["n"]),
        "yes" if cohort["high_value"] else "",
        _number(cohort["cost_ratio"], 4) if cohort["cost_ratio"] is not None else cohort["cost_ratio_reason"],
        _both(cohort["latency_p50_ms"]),
        _both(cohort["latency_p99_ms"]),
    ]


def _gap(cohort: str, found: Mapping[str, Any]) -> list[str]:
    ends = found["interval"]
    return [
        _cohort(cohort),
        str(found["n"]),
        found["reason"] if found["gap"] is None else _number(found["gap"], 3),
        UNKNOWN if ends is None else f"[{ends[0]:.3f}, {ends[1]:.3f}]",
        _number(found["teacher"], 3),
        _number(found["student"], 3),
        ", ".join(f"{count} {reason}" for reason, count in sorted(found["missing"].items())) or "0",
    ]


def _limits(findings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the student must reach by itself, pass rates and latencies; nothing where no rule asks."""
    rows = [_limit(finding) for finding in findings if finding["figure"] in ("pass_rate", "latency")]
    if rows:
        yield from _grid(LIMIT_HEAD, rows)
        yield ""


def _limit(finding: Mapping[str, Any]) -> list[str]:
    if finding["figure"] == "pass_rate":
        scale, suffix, limit = 100, " %", f"≥ {100 * finding['at_least']:g} %"
        seen, interval = finding["value"], finding["interval"]
    else:
        until = "" if finding["until"] == "answer" else f" {finding['until'].replace('_', ' ')}"
        scale, suffix, limit = 1, " ms", f"p{100 * finding['quantile']:g}{until} ≤ {finding['at_most_ms']:,g} ms"
        seen, interval = finding["value_ms"], finding["interval_ms"]
    shown = [UNKNOWN if end is None else f"{scale * end:,.1f}" for end in (seen, *(interval or ()))]
    verdict, rows = finding["verdict"], finding["rows_to_decide"]
    return [
        finding["rule"],
        _cohort(finding["cohort"]),
        finding["evaluator"] or "",
        limit,
        UNKNOWN if seen is None else f"{shown[0]}{suffix}",
        UNKNOWN if interval is None else f"[{shown[1]}, {shown[2]}]",
        f"{GLYPHS[verdict]} {verdict}",
        UNKNOWN if rows is None else f"{rows:,}",
    ]


def _unpaired(unpaired: Mapping[str, int]) -> Iterator[str]:
    counted = {name.replace("_", " "): count for name, count in unpaired.items() if count}
    if counted:
        told = ", ".join(f"{count} {name}" for name, count in counted.items())
        yield f"Unpaired, counted and not scored: {told}."
        yield ""


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, ["─" * width for width in widths], *rows):
        cells = (
            cell.ljust(width) if name in LEFT else cell.rjust(width)
            for cell, width, name in zip(row, widths, head, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _to_collect(line: Mapping[str, Any] | None) -> str:
    """ " (284 more, ≈ $0.31, ≈ 9 min)", without what is not known."""
    if line is None or not line["rows_missing"]:
        return ""
    parts = [f"{line['rows_missing']:,} more"]
    parts += [] if line["usd"] is None else [f"≈ ${line['usd']:,.2f}"]
    parts += [] if line["minutes"] is None else [f"≈ {line['minutes']:,.0f} min"]
    return f" ({', '.join(parts)})"


def _cohort(name: str) -> str:
    return ALL_TRAFFIC if name == "*" else name


def _number(value: float | None, digits: int) -> str:
    return UNKNOWN if value is None else f"{value:.{digits}f}"


def _signed(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    shown = round(value, 1) + 0.0
    return f"{shown:+.1f}".replace("-", "−") if shown else "0.0"


def _both(sides: Mapping[str, float | None]) -> str:
    if sides["teacher"] is None or sides["student"] is None:
        return UNKNOWN
    return f"{sides['teacher']:,.0f} → {sides['student']:,.0f}"
