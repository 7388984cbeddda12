"""Report documents as kernel/report.py writes them, said shortly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def cell(
    cohort: str,
    evaluator: str = "quality",
    *,
    n: int = 88,
    teacher: float | None = 0.857,
    student: float | None = 0.766,
    interval: Sequence[float] | None = (-10.2, -7.8),
    margin: float | None = 3.0,
    verdict: str | None = "fail",
    rows: int | None = None,
    missing: int = 0,
) -> dict[str, Any]:
    delta = None if teacher is None or student is None else round((student - teacher) * 100, 9)
    return {
        "cohort": cohort,
        "evaluator": evaluator,
        "n": n,
        "teacher": teacher,
        "student": student,
        "delta_pp": delta,
        "interval_pp": None if interval is None else list(interval),
        "level": None if interval is None else 0.9,
        "verdict": verdict,
        "rows_to_decide": rows,
        "margin_pp": margin,
        "missing": {"teacher": 0, "student": missing, "pairs": missing, "reasons": {}},
    }


def finding(rule: str, figure: str = "score", **more: Any) -> dict[str, Any]:
    blank = dict.fromkeys(
        (
            "evaluator",
            "reason",
            "delta_pp",
            "interval_pp",
            "margin_pp",
            "value",
            "interval",
            "at_most",
            "rows_to_decide",
        )
    )
    return {"rule": rule, "kind": "prove", "figure": figure, "cohort": "*", "sentence": "", **blank, **more}


def of_cell(rule: str, row: dict[str, Any], *, kind: str = "prove", sentence: str = "") -> dict[str, Any]:
    shared = ("cohort", "evaluator", "verdict", "delta_pp", "interval_pp", "margin_pp", "rows_to_decide")
    return finding(rule, kind=kind, sentence=sentence, **{name: row[name] for name in shared})


def cohort(
    name: str, *, n: int = 88, high_value: bool | None = False, weight: float = 0.14, **more: Any
) -> dict[str, Any]:
    nothing = {"teacher": None, "student": None}
    return {
        "cohort": name,
        "n": n,
        "high_value": high_value,
        "weight": weight,
        "cost_ratio": None,
        "cost_ratio_interval": None,
        "cost_ratio_reason": "unpriced",
        "latency_p50_ms": nothing,
        "latency_p95_ms": nothing,
        "latency_p99_ms": nothing,
        "latency_reason": "evidence_missing",
        **more,
    }


def report(
    cells: Sequence[dict[str, Any]],
    *,
    verdict: str | None = "fail",
    findings: Sequence[dict[str, Any]] = (),
    cohorts: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> dict[str, Any]:
    names = dict.fromkeys(["*", *(row["cohort"] for row in cells)])
    known = {row["cohort"]: row for row in cohorts}
    return {
        "verdict": verdict,
        "findings": list(findings),
        "cells": list(cells),
        "cohorts": [known.get(name) or cohort(name, high_value=None if name == "*" else False) for name in names],
        "unpaired": {"teacher_only": 0, "student_only": 0, "neither": 0},
        "weights_source": "row_share",
        "facts": {},
        "policy_digest": "sha256:p",
        "digest": "sha256:c",
        **more,
    }
