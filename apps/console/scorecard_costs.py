"""What a cohort's answers cost and how long they took, in words: each figure with its limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.console import figures
from apps.console.scorecard_tiles import reason
from apps.console.verdict_panel import ALL_TRAFFIC, Document

GLOBAL = "*"
PERCENTILES = ("p50", "p95", "p99")
ROLES = ("teacher", "student")


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` for the eye, ``limits`` in small below it; ``value`` is "–" or a reason where it is unknown."""

    value: str
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CostLine:
    """One cohort, or all traffic."""

    title: str
    n: str
    cost: Figure
    ratio: Figure
    percentiles: tuple[Figure, ...]


def cost_lines(report: Document) -> tuple[CostLine, ...]:
    """A line for all traffic and each cohort; empty where no cohort has a cost or a time, and for older reports."""
    known = any(one.get("cost_usd_per_1000") or one.get("latency_limits_ms") for one in report["cohorts"])
    return tuple(_line(cohort) for cohort in report["cohorts"]) if known else ()


def at_use(report: Document) -> str:
    """What the cost ratio over all traffic would be if hardware of one's own were busy for less of the time."""
    total = next(one for one in report["cohorts"] if one["cohort"] == GLOBAL)
    by_use = total.get("cost_ratio_at_use") or {}
    return ", ".join(f"{figures.ratio(by_use[use])} at {figures.percent(float(use))}" for use in by_use)


def _line(cohort: Document) -> CostLine:
    return CostLine(
        title=ALL_TRAFFIC if cohort["cohort"] == GLOBAL else cohort["cohort"],
        n=figures.count(cohort["n"]),
        cost=_cost(cohort.get("cost_usd_per_1000"), cohort["cost_ratio_reason"]),
        ratio=_ratio(cohort),
        percentiles=tuple(_percentile(cohort, word) for word in PERCENTILES),
    )


def _cost(found: Document | None, why: str | None) -> Figure:
    if found is None:
        return Figure(reason(why) or figures.UNKNOWN)
    sides = {role: found[role] for role in ROLES}
    limits = [f"{role} {_dollars(side['interval'])}" for role, side in sides.items() if side["interval"]]
    rough = ["rough: few rows"] if found["few"] else []
    return Figure(" → ".join(_usd(side["usd"]) for side in sides.values()), (*limits, *rough))


def _ratio(cohort: Document) -> Figure:
    if cohort["cost_ratio"] is None:
        return Figure(reason(cohort["cost_ratio_reason"]) or figures.UNKNOWN)
    ends = cohort["cost_ratio_interval"]
    return Figure(figures.ratio(cohort["cost_ratio"]), (figures.ratio_interval(ends) if ends else "not bounded",))


def _percentile(cohort: Document, word: str) -> Figure:
    values, found = cohort[f"latency_{word}_ms"], (cohort.get("latency_limits_ms") or {}).get(word)
    if found is None or values["teacher"] is None:
        return Figure(figures.UNKNOWN)
    limits = [f"{_span(found['teacher'])} → {_span(found['student'])}"]
    if found["ratio"] is not None:
        ends = found["ratio_interval"]
        limits.append(f"ratio {found['ratio']:.2f}" + (f" [{ends[0]:.2f}, {ends[1]:.2f}]" if ends else ""))
    return Figure(" → ".join(figures.milliseconds(values[role]) for role in ROLES), tuple(limits))


def _span(limits: Sequence[float | None]) -> str:
    """Two limits in ms; an open end where no row bounds the percentile on that side."""
    low, high = (None if end is None else figures.milliseconds(end) for end in limits)
    return f"[{low or 'none'}, {high or 'none'}]"


def _dollars(ends: Sequence[float]) -> str:
    return f"[{_usd(ends[0])}, {_usd(ends[1])}]"


def _usd(value: float) -> str:
    """Two decimals from a dollar up, else three figures that count: "$12.40", "$0.0312"."""
    return f"${value:,.2f}" if value >= 1 or not value else f"${float(f'{value:.3g}'):.10f}".rstrip("0")
