from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel.gate import Finding, decide
from apps.kernel.scorecard import Arm, Row, Scorecard, Unpaired
from apps.kernel.scorecard.endings import TIMED_OUT
from tests.kernel.cards import card, policy

OUT, FAULT = Arm(fault=TIMED_OUT), Arm(fault="upstream_failed")


def rule(
    at_most_ms: float = 2000, *, kind: str = "prove", quantile: float = 0.99, scope: str = "global", **more: object
) -> dict[str, object]:
    return {"kind": kind, "figure": "latency", "scope": scope, "at_most_ms": at_most_ms, "quantile": quantile, **more}


def rows(fast: int, slow: int = 0, *, out: int = 0, lost: int = 0, cohort: str = "a") -> list[Row]:
    """So many answers of the student at 1,000 ms, at 3,000 ms, never, and without a time; the teacher has no times."""
    arms = [Arm(latency_ms=1000.0)] * fast + [Arm(latency_ms=3000.0)] * slow + [OUT] * out + [FAULT] * lost
    return [Row(f"{cohort}-{i}", cohort, FAULT, student) for i, student in enumerate(arms)]


def only(evidence: Scorecard, asked: dict[str, object]) -> Finding:
    return decide(evidence, policy(asked)).findings[0]


@pytest.mark.parametrize(
    ("fast", "slow", "verdict", "reason"),
    [
        (299, 0, "pass", None),
        (298, 0, "inconclusive", "insufficient"),
        (472, 1, "pass", None),
        (471, 1, "inconclusive", "insufficient"),
        (997, 3, "pass", None),
        (990, 10, "inconclusive", "insufficient"),
        (983, 17, "fail", None),
        (97, 3, "inconclusive", "insufficient"),
        (96, 4, "fail", None),
    ],
)
def test_a_percentile_is_shown_by_the_share_that_comes_in_time(
    fast: int, slow: int, verdict: str, reason: str | None
) -> None:
    found = only(card(rows(fast, slow)), rule())
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.value == (1000.0 if slow / (fast + slow) <= 0.01 else 3000.0)


def test_too_few_rows_say_how_many_the_percentile_needs() -> None:
    found = only(card(rows(200)), rule())
    assert "p99 needs at least 299 rows" in found.sentence
    assert found.rows_to_decide == 773
    assert (found.document()["interval_ms"], found.document()["value_ms"]) == ([1000.0, None], 1000.0)


def test_the_document_carries_its_unit() -> None:
    found = only(card(rows(400)), rule(1500, quantile=0.95)).document()
    assert {name: found[name] for name in ("value_ms", "at_most_ms", "quantile", "until", "interval_ms")} == {
        "value_ms": 1000.0, "at_most_ms": 1500.0, "quantile": 0.95, "until": "answer", "interval_ms": [1000.0, 1000.0],
    }  # fmt: skip
    assert (found["value"], found["interval"], found["at_most"], found["noticeable_pp"]) == (None, None, None, None)


@pytest.mark.parametrize("kind", ["prove", "guard"])
def test_a_student_that_never_answers_one_row_in_fifty_has_no_p99(kind: str) -> None:
    """All answers that came are fast. Leaving the others out would show p99 ≤ 2 s."""
    found = only(card(rows(980, out=20)), rule(kind=kind))
    assert (found.verdict, found.value) == ("fail", math.inf)
    assert found.document()["value_ms"] is None
    assert "20 of them timed out" in found.sentence
    assert only(card(rows(998, out=2)), rule(kind=kind)).verdict == ("pass" if kind == "prove" else "clear")


def test_a_time_that_is_missing_is_slow_for_a_pass_and_fast_for_a_fail() -> None:
    passing = only(card(rows(490, lost=10)), rule())
    assert (passing.verdict, passing.reason) == ("inconclusive", "missing")
    assert "10 of 500 rows have no latency of the student. Counting them as slower" in passing.sentence
    assert passing.rows_to_decide is None
    failing = only(card(rows(96, 4, lost=400)), rule())
    assert (failing.verdict, failing.reason) == ("inconclusive", "missing")
    assert "Counting them as faster" in failing.sentence
    assert only(card(rows(900, 100, lost=20)), rule()).verdict == "fail"
    assert only(card(rows(490, lost=10)), rule(kind="guard")).verdict == "clear"


def test_one_sided_examples_might_be_slow() -> None:
    assert only(card(rows(299)), rule()).verdict == "pass"
    found = only(card(rows(299), unpaired=Unpaired(3, 0, 0)), rule())
    assert (found.verdict, found.reason) == ("inconclusive", "missing")


def test_the_teachers_times_do_not_matter() -> None:
    slow_teacher = [Row(row.key, row.cohort, Arm(latency_ms=9e5), row.student) for row in rows(299)]
    assert only(card(slow_teacher), rule()).verdict == "pass"


def test_the_first_token_can_be_limited_instead() -> None:
    students = [Arm(latency_ms=9000.0, first_token_ms=300.0)] * 299
    evidence = card([Row(str(i), "a", FAULT, student) for i, student in enumerate(students)])
    assert only(evidence, rule(500, until="first_token")).verdict == "pass"
    assert only(evidence, rule(500)).verdict == "fail"
    unread = only(card(rows(299)), rule(500, until="first_token"))
    assert (unread.verdict, unread.reason) == ("inconclusive", "evidence_missing")


@pytest.mark.parametrize("scope", ["global", "high_value", "other_cohorts", "each_cohort"])
def test_every_scope_is_answered(scope: str) -> None:
    evidence = card([*rows(400), *rows(100, 100, cohort="b")], high_value=["b"])
    found = {f.cohort: f.verdict for f in decide(evidence, policy(rule(scope=scope))).findings if f.rule == "r0"}
    assert (
        found
        == {
            "global": {"*": "fail"},
            "high_value": {"b": "fail"},
            "other_cohorts": {"a": "pass"},
            "each_cohort": {"a": "pass", "b": "fail"},
        }[scope]
    )


def test_no_time_and_no_high_value_cohort_is_no_evidence() -> None:
    for evidence, asked in ((card(rows(0, lost=300)), rule()), (card(rows(300)), rule(scope="high_value"))):
        found = only(evidence, asked)
        assert (found.verdict, found.reason, found.cohort) == ("inconclusive", "evidence_missing", "*")


def test_a_clear_guard_says_which_share_in_time_it_would_have_noticed() -> None:
    found = only(card(rows(299, 1)), rule(kind="guard"))
    assert (found.verdict, found.noticeable) == ("clear", pytest.approx(0.9699, abs=1e-4))
    assert "Would have noticed" in found.sentence
    assert "Weak look" in only(card(rows(1)), rule(kind="guard", quantile=0.5)).sentence


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=80),
    st.integers(0, 6),
    st.integers(0, 6),
    st.integers(1, 30),
    st.sampled_from([0.5, 0.9]),
)
def test_the_interval_the_verdict_and_the_limit_agree(
    times: list[int], out: int, lost: int, limit: int, quantile: float
) -> None:
    students = [Arm(latency_ms=float(ms)) for ms in times] + [OUT] * out + [FAULT] * lost
    evidence = card([Row(str(i), "a", FAULT, student) for i, student in enumerate(students)])
    found, laxer = (only(evidence, rule(ms, quantile=quantile)) for ms in (limit, limit + 5))
    assert found.interval is not None
    if found.verdict == "pass":
        assert found.interval.high <= limit
        assert laxer.verdict == "pass"
    if laxer.verdict == "fail":
        assert found.verdict == "fail"
    if found.verdict == "fail":
        assert found.interval.low > limit
    if not lost:
        assert (found.verdict == "pass") == (found.interval.high <= limit)
        assert (found.verdict == "fail") == (found.interval.low > limit)
