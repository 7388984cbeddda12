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


@pytest.mark.parametrize(
    ("verdict", "ending"),
    [
        ("pass", "times the teacher's, at most 1.66 plausible, within the 1.5 limit."),
        ("fail", "times the teacher's; even the kindest reading is 1.29, beyond the 1.5 limit."),
        ("clear", "times the teacher's, plausibly 1.29 to 1.66: not shown to exceed 1.5."),
        ("inconclusive", "times the teacher's, plausibly 1.29 to 1.66; the limit is 1.5. → Add rows"),
    ],
)
def test_latency(verdict: str, ending: str) -> None:
    said = evidence.latency("a", verdict, quantile=0.99, ratio=1.41, interval=Interval(1.29, 1.66, 0.9), at_most=1.5)
    assert said.endswith(f"a: the student's p99 latency is 1.41 {ending}")


@pytest.mark.parametrize(("verdict", "word"), [("clear", "Clear"), ("inconclusive", "Not enough evidence")])
def test_latency_of_few_rows(verdict: str, word: str) -> None:
    said = evidence.latency_few("a", verdict, quantile=0.99, ratio=3.0, rows=200, needed=299, at_most=1.5)
    assert said == (
        f"{word}. a: the student's p99 latency is 3.00 times the teacher's over 200 rows; the limit is 1.5. "
        "Weak look: p99 needs at least 299 rows."
    )


def test_latency_unknown() -> None:
    assert "the teacher's is zero" in evidence.latency_unknown("a", reason="teacher_latency_zero")
    assert "no row has a latency of both models" in evidence.latency_unknown("a", reason="evidence_missing")


def test_missing_share() -> None:
    few = evidence.missing_share("*", evaluator="q", arm="student", count=4, rows=100, at_most=0.05)
    many = evidence.missing_share("*", evaluator="q", arm="student", count=6, rows=100, at_most=0.05)
    assert few == "Clear. All cohorts × q: 4 of 100 rows of the student missing (4.0 %, limit 5 %)."
    assert many == (
        "Not enough evidence. All cohorts × q: 6 of 100 rows of the student missing (6.0 %, limit 5 %). → Retry the 6"
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


def test_a_latency_bound_is_told_apart_from_the_limit() -> None:
    interval = Interval(1.5012, 1.6, 0.9)
    said = evidence.latency("a", "fail", quantile=0.99, ratio=1.55, interval=interval, at_most=1.5)
    assert "even the kindest reading is 1.501, beyond the 1.5 limit." in said
