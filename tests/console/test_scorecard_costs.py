"""Costs and times in words: limits below each figure, reasons where there is none, nothing for old reports."""

from __future__ import annotations

from apps.console.scorecard_costs import Figure, at_use, cost_lines
from tests.console import reports

LIMITS = {"teacher": [780.0, 905.0], "student": [310.0, None], "ratio": 0.4123, "ratio_interval": [0.36, 0.47]}
NONE = {"teacher": [None, None], "student": [None, None], "ratio": None, "ratio_interval": None}
KNOWN = {
    "cost_ratio": 0.0756,
    "cost_ratio_interval": [0.072, 0.0787],
    "cost_ratio_reason": None,
    "cost_usd_per_1000": {
        "n": 8, "few": True, "level": 0.9,
        "teacher": {"usd": 4.25, "interval": [3.94, 4.558]}, "student": {"usd": 0.03125, "interval": [0.0001, 0.0625]},
    },
    "cost_ratio_at_use": {"0.25": 0.34, "0.5": 0.18, "1": 0.1},
    "latency_p50_ms": {"teacher": 840.0, "student": 346.0},
    "latency_p95_ms": {"teacher": 1840.0, "student": 9.42},
    "latency_p99_ms": {"teacher": 2840.0, "student": 1346.0},
    "latency_limits_ms": {"n": 8, "level": 0.9, "p50": LIMITS, "p95": NONE, "p99": LIMITS},
}  # fmt: skip


def test_a_report_without_costs_and_times_has_no_table() -> None:
    assert cost_lines({"cohorts": [reports.cohort("*"), reports.cohort("a")]}) == ()


def test_each_figure_has_its_limits_below_it() -> None:
    total, unknown = cost_lines({"cohorts": [reports.cohort("*", **KNOWN), reports.cohort("a")]})
    assert (total.title, total.n) == ("All traffic", "88")
    assert total.cost == Figure(
        "$4.25 → $0.0312", ("teacher [$3.94, $4.56]", "student [$0.0001, $0.0625]", "rough: few rows")
    )
    assert total.ratio == Figure("0.076", ("[0.072, 0.079]",))
    assert total.percentiles == (
        Figure("840 → 346", ("[780, 905] → [310, none]", "ratio 0.41 [0.36, 0.47]")),
        Figure("1,840 → 9.4", ("[none, none] → [none, none]",)),
        Figure("2,840 → 1,346", ("[780, 905] → [310, none]", "ratio 0.41 [0.36, 0.47]")),
    )
    assert (unknown.cost, unknown.ratio) == (Figure("a model has no price"), Figure("a model has no price"))
    assert unknown.percentiles == (Figure("–"),) * 3


def test_nothing_is_free_of_charge_and_unbounded_is_said() -> None:
    free = {"usd": 0.0, "interval": None}
    costs = {"n": 1, "few": True, "level": 0.9, "teacher": free, "student": free}
    more = {
        "cost_usd_per_1000": costs,
        "cost_ratio": 0.5,
        "cost_ratio_interval": None,
        "cost_ratio_reason": "unbounded",
    }
    (line,) = cost_lines({"cohorts": [reports.cohort("a", **more)]})
    assert line.cost == Figure("$0.00 → $0.00", ("rough: few rows",))
    assert line.ratio == Figure("0.500", ("not bounded",))


def test_idle_hardware_is_said_where_there_is_any() -> None:
    report = {"cohorts": [reports.cohort("*", **KNOWN)]}
    assert at_use(report) == "0.340 at 25 %, 0.180 at 50 %, 0.100 at 100 %"
    assert at_use({"cohorts": [reports.cohort("*")]}) == ""
