from __future__ import annotations

import pytest

from apps.kernel.sentences import evidence
from apps.kernel.statistics.interval import Interval


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("pass", "Pass. All cohorts: cost ratio 0.0359, at most 0.0378 plausible, within the 0.15 limit (380 rows)."),
        (
            "clear",
            "Clear. All cohorts: cost ratio 0.0359, plausibly 0.0341 to 0.0378: not shown to exceed 0.15 (380 rows).",
        ),
        (
            "fail",
            "Fail. All cohorts: cost ratio 0.0359; even the kindest reading is 0.0341, beyond the 0.15 limit "
            "(380 rows).",
        ),
        (
            "inconclusive",
            "Not enough evidence. All cohorts: cost ratio 0.0359, plausibly 0.0341 to 0.0378; the limit is 0.15 "
            "(380 rows). → Add rows",
        ),
    ],
)
def test_cost(verdict: str, said: str) -> None:
    interval = Interval(0.034125, 0.037835, 0.9)
    assert evidence.cost("*", verdict, ratio=0.03593, interval=interval, at_most=0.15, rows=380) == said


def test_cost_that_nothing_bounds() -> None:
    assert evidence.cost("a", "inconclusive", ratio=0.1, interval=None, at_most=0.15, rows=1) == (
        "Not enough evidence. a: cost ratio 0.1000; too few rows to bound it (1 row). The limit is 0.15. → Add rows"
    )


@pytest.mark.parametrize(
    ("reason", "unpriced", "said"),
    [
        ("unpriced", 41, "Cost unknown. All cohorts: 41 attempts have no price. → Add a price card"),
        ("unpriced", 1, "Cost unknown. All cohorts: 1 attempt has no price. → Add a price card"),
        ("teacher_cost_zero", 0, "Cost unknown. All cohorts: the teacher cost nothing, so there is no ratio."),
        ("evidence_missing", 0, "Cost unknown. All cohorts: no row was attempted by both models."),
    ],
)
def test_cost_unknown(reason: str, unpriced: int, said: str) -> None:
    assert evidence.cost_unknown("*", reason=reason, unpriced=unpriced) == said


def test_latency_unknown() -> None:
    assert "the teacher's is zero" in evidence.latency_unknown("a", reason="teacher_latency_zero")
    assert "the teacher's answer never came" in evidence.latency_unknown("a", reason="teacher_timed_out")
    assert "no row has a latency of both models" in evidence.latency_unknown("a", reason="evidence_missing")


def missing_share(verdict: str, count: int, limit: float = 0.05) -> str:
    return evidence.missing_share(
        "*", verdict, evaluator="q", arm="student", count=count, rows=100, limit=limit, difference=count / 100 - 0.01
    )


def test_missing_share() -> None:
    assert missing_share("clear", 4) == (
        "Clear. All cohorts × q: 4 of 100 rows of the student missing (4.0 %, limit 5 %; student − teacher +3.0 pp)."
    )
    assert missing_share("inconclusive", 6) == (
        "Not enough evidence. All cohorts × q: 6 of 100 rows of the student missing (6.0 %, limit 5 %; "
        "student − teacher +5.0 pp). → Retry the 6"
    )
    assert missing_share("fail", 6) == (
        "Fail. All cohorts × q: 6 of 100 rows of the student missing (6.0 %, limit 5 %; student − teacher +5.0 pp)."
    )


@pytest.mark.parametrize(("quantile", "name"), [(0.99, "p99"), (0.5, "p50"), (0.999, "p99.9"), (0.95, "p95")])
def test_percentile_names(quantile: float, name: str) -> None:
    assert evidence.percentile(quantile) == name


@pytest.mark.parametrize(
    "said",
    [
        evidence.nothing_proved(),
        evidence.unpaired(teacher_only=1, student_only=2, rows=20),
        evidence.missing_unknown("a"),
        evidence.cost("a", "pass", ratio=0.1, interval=Interval(0.1, 0.1, 0.9), at_most=0.2, rows=3),
    ],
)
def test_no_sentence_speaks_of_significance(said: str) -> None:
    assert "signific" not in said
    assert said[0].isupper()
