"""The words every sentence shares: places, points, counts. A real minus sign, and pp for percentage points."""

from __future__ import annotations

from collections.abc import Mapping

from apps.kernel.scorecard import GLOBAL

CAUSES: Mapping[str, str] = {
    "upstream_deadline": "timed out",
    "rate_limited": "rate limited",
    "endpoint_unreachable": "unreachable",
    "judge_upstream_deadline": "judge timed out",
    "judge_rate_limited": "judge rate limited",
    "judge_unparsable": "judge unreadable",
    "judge_refused": "judge refused",
    "judge_budget_spent": "not asked, for the budget was spent",
    "anchor_text_gone": "whose text is gone",
    "evaluator_timeout": "too much work to evaluate",
    "no_output": "without an output",
    "not_finite": "not a finite number",
    "not_scored": "not scored",
    "out_of_range": "outside 0 to 1",
}


def place(cohort: str, evaluator: str | None = None) -> str:
    """Cohort × evaluator in words; all rows together are "All cohorts"."""
    name = "All cohorts" if cohort == GLOBAL else cohort
    return name if evaluator is None else f"{name} × {evaluator}"


def pp(fraction: float, *, signed: bool = False, digits: int = 1) -> str:
    """A fraction as percentage points: 0.03 is "3.0 pp", −0.03 is "−3.0 pp"; ``signed`` also writes the plus."""
    short = f"{abs(fraction) * 100:.{digits}f}"
    sign = "" if float(short) == 0 else "−" if fraction < 0 else "+" if signed else ""
    return f"{sign}{short} pp"


def limit_pp(margin: float) -> str:
    """A margin as percentage points, with a second decimal when one would lose it: 0.0025 is "0.25 pp"."""
    return pp(margin, digits=1 if abs(round(margin * 100, 1) - margin * 100) < 1e-9 else 2)


def beside(value: float, limit: float) -> str:
    """A signed bound in points, with as many decimals as it takes to tell it from the limit beside it, at most 3."""
    digits = 1
    while digits < 3 and f"{value * 100:.{digits}f}" == f"{limit * 100:.{digits}f}":
        digits += 1
    return pp(value, signed=True, digits=digits)


def rows_of(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def causes_of(reasons: Mapping[str, int]) -> list[str]:
    """ "9 timed out", "3 judge unreadable": an unknown code is said as it is, without underscores."""
    return [f"{count:,} {CAUSES.get(code, code.replace('_', ' '))}" for code, count in sorted(reasons.items())]
