from __future__ import annotations

import pytest

from apps.kernel.gate import Finding, decide
from apps.kernel.scorecard import Row, Scorecard
from tests.kernel.cards import arm, card, policy, table


def rule(at_most: float = 0.05, **more: object) -> dict[str, object]:
    return {"kind": "guard", "figure": "missing", "at_most": at_most, **more}


def only(evidence: Scorecard, asked: dict[str, object]) -> Finding:
    return decide(evidence, policy(asked)).findings[0]


@pytest.mark.parametrize(("missing", "verdict", "reason"), [(5, "clear", None), (6, "inconclusive", "missing")])
def test_the_share_seen_is_compared_with_the_limit(missing: int, verdict: str, reason: str | None) -> None:
    found = only(card(table("a", n=100 - missing, missing=missing)), rule())
    assert (found.verdict, found.reason, found.value) == (verdict, reason, missing / 100)


def test_the_arm_that_misses_more_counts() -> None:
    rows = [*table("a", n=90, missing=2), *(Row(f"t{i}", "a", arm("upstream_deadline"), arm(1.0)) for i in range(8))]
    found = only(card(rows), rule())
    assert (found.verdict, found.value) == ("inconclusive", 0.08)
    assert "8 of 100 rows of the teacher missing (8.0 %, limit 5 %; student − teacher −6.0 pp)" in found.sentence


def test_the_evaluator_that_misses_most_counts_and_the_finding_is_of_the_cohort() -> None:
    rows = [*table("a", n=100), *table("a", n=9, missing=1, evaluator="json")]
    found = only(card(rows, evaluators=("json", "quality")), rule())
    assert (found.verdict, found.value, found.cohort, found.evaluator) == ("inconclusive", 0.1, "*", None)


def test_nothing_missing_is_said_so() -> None:
    assert only(card(table("a", n=3)), rule(0.0)).sentence == "Clear. All cohorts: no score is missing."


def test_cohorts_are_looked_at_one_by_one() -> None:
    rows = [*table("a", n=100), *table("b", n=9, missing=1)]
    found = decide(card(rows), policy(rule(scope="each_cohort"))).findings
    assert [(f.cohort, f.verdict) for f in found if f.rule == "r0"] == [("a", "clear"), ("b", "inconclusive")]


@pytest.mark.parametrize(
    "asked", [rule(evaluators=["toxicity"]), rule(evaluators="secondary"), rule(scope="high_value")]
)
def test_a_rule_that_finds_nothing_to_count_lacks_evidence(asked: dict[str, object]) -> None:
    found = only(card(table("a", n=3)), asked)
    assert (found.verdict, found.reason) == ("inconclusive", "evidence_missing")


def test_an_evaluator_known_only_where_there_is_no_traffic_lacks_evidence() -> None:
    rows = [*table("a", n=3), *table("b", n=3, evaluator="json")]
    evidence = card(rows, weights={"a": 0.0, "b": 1.0}, evaluators=("json", "quality"))
    found = only(evidence, rule(evaluators=["quality"]))
    assert (found.verdict, found.reason) == ("inconclusive", "evidence_missing")


@pytest.mark.parametrize(
    ("missing", "verdict", "reason"),
    [(2, "clear", None), (3, "inconclusive", "missing"), (5, "inconclusive", "missing"), (6, "fail", None)],
)
def test_a_policy_may_say_from_which_share_on_a_silent_student_fails(
    missing: int, verdict: str, reason: str | None
) -> None:
    found = only(card(table("a", n=100 - missing, missing=missing)), rule(0.02, fail_above=0.05))
    assert (found.verdict, found.reason, found.value) == (verdict, reason, missing / 100)
    assert ("limit 5 %" in found.sentence) == (verdict == "fail")


def test_a_silent_teacher_or_judge_is_no_harm_of_the_students() -> None:
    silent_teacher = [*table("a", n=80), *(Row(f"t{i}", "a", arm("upstream_deadline"), arm(1.0)) for i in range(20))]
    for rows in (silent_teacher, table("a", n=80, missing=20, reason="judge_upstream_deadline")):
        found = only(card(rows), rule(0.02, fail_above=0.05))
        assert (found.verdict, found.reason, found.value) == ("inconclusive", "missing", 0.2)


def test_a_failing_evaluator_is_told_before_one_that_misses_more() -> None:
    rows = [
        *table("a", n=80, missing=20, reason="judge_refused"),
        *table("a", n=90, missing=10, evaluator="json"),
    ]
    found = only(card(rows, evaluators=("json", "quality")), rule(0.02, fail_above=0.05))
    assert (found.verdict, found.value) == ("fail", 0.1)
