from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel.gate import Finding, decide
from apps.kernel.scorecard import Row, Scorecard
from apps.kernel.scorecard.judges import Planted, judge_evidence
from tests.kernel.cards import arm, card, policy, scored, table


def rule(at_least: float = 0.98, *, kind: str = "prove", scope: str = "global", **more: object) -> dict[str, object]:
    return {
        "kind": kind,
        "figure": "pass_rate",
        "scope": scope,
        "evaluators": ["quality"],
        "at_least": at_least,
        **more,
    }


def rows(n: int, failed: int = 0, *, cohort: str = "a", cluster_of: int = 0, missing: int = 0) -> list[Row]:
    """The teacher fails every row: a pass rate is the student's alone."""
    found = [
        Row(
            f"{cohort}-{i}",
            cohort,
            arm(0.0),
            arm(0.0 if i < failed else 1.0),
            f"c{i // cluster_of}" if cluster_of else None,
        )
        for i in range(n)
    ]
    return [*found, *(Row(f"{cohort}-m{i}", cohort, arm(0.0), arm("upstream_deadline")) for i in range(missing))]


def only(evidence: Scorecard, asked: dict[str, object]) -> Finding:
    return decide(evidence, policy(asked)).findings[0]


@pytest.mark.parametrize(
    ("n", "failed", "verdict", "reason"),
    [
        (149, 0, "pass", None),
        (148, 0, "inconclusive", "insufficient"),
        (236, 1, "pass", None),
        (235, 1, "inconclusive", "insufficient"),
        (100, 5, "inconclusive", "insufficient"),
        (100, 6, "fail", None),
    ],
)
def test_the_rate_is_proved_or_refuted_by_counting(n: int, failed: int, verdict: str, reason: str | None) -> None:
    found = only(card(rows(n, failed)), rule())
    assert (found.verdict, found.reason, found.value) == (verdict, reason, (n - failed) / n)


def test_the_document_says_a_floor_and_a_share() -> None:
    found = only(card(rows(300, 3)), rule(0.97)).document()
    assert (found["figure"], found["value"], found["at_least"], found["at_most"]) == ("pass_rate", 0.99, 0.97, None)
    assert found["interval"] == [pytest.approx(0.97436, abs=1e-5), pytest.approx(0.99727, abs=1e-5)]
    assert (found["delta_pp"], found["margin_pp"], found["noticeable_pp"]) == (None, None, None)


def test_what_it_takes_to_decide_and_what_a_guard_would_have_noticed() -> None:
    assert only(card(rows(148)), rule()).rows_to_decide == 236
    assert only(card(rows(100, 5)), rule()).rows_to_decide is None
    clear = only(card(rows(300, 5)), rule(kind="guard"))
    assert (clear.verdict, clear.noticeable) == ("clear", pytest.approx(0.95478, abs=1e-5))
    assert clear.document()["noticeable_share"] == clear.noticeable
    assert "Weak look: with so few rows" in only(card(rows(2)), rule(0.5, kind="guard")).sentence


@pytest.mark.parametrize("kind", ["prove", "guard"])
def test_a_graded_evaluator_has_no_pass_rate(kind: str) -> None:
    """One cohort happens to hold whole scores; it is not taken for pass or fail either."""
    evidence = card([*rows(300), *scored("b", [(1.0, 0.9)])])
    for scope, count in (("global", 1), ("each_cohort", 2)):
        findings = decide(evidence, policy(rule(kind=kind, scope=scope))).findings[:count]
        assert {(found.verdict, found.reason, found.value) for found in findings} == {
            ("inconclusive", "not_binary", None)
        }


def test_answers_averaged_over_repeats_have_no_pass_rate() -> None:
    repeated = [
        Row(f"r{i}", "a", arm(1.0), arm(1.0).__class__(arm(1.0).scores, repeats=(arm(0.0),))) for i in range(300)
    ]
    found = only(card(repeated), rule())
    assert (found.verdict, found.reason) == ("inconclusive", "not_binary")


@pytest.mark.parametrize(
    ("n", "failed", "missing", "verdict", "reason"),
    [
        (300, 0, 1, "pass", None),
        (300, 0, 3, "inconclusive", "missing"),
        (94, 6, 0, "fail", None),
        (94, 6, 60, "inconclusive", "missing"),
    ],
)
def test_missing_rows_count_both_ways(n: int, failed: int, missing: int, verdict: str, reason: str | None) -> None:
    found = only(card(rows(n + failed, failed, missing=missing)), rule())
    assert (found.verdict, found.reason) == (verdict, reason)


@pytest.mark.parametrize("scope", ["global", "high_value", "other_cohorts", "each_cohort"])
def test_every_scope_is_answered(scope: str) -> None:
    evidence = card([*rows(200), *rows(200, 20, cohort="b")], high_value=["b"])
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


def test_a_scope_or_an_evaluator_that_is_not_there_lacks_evidence() -> None:
    for asked in (rule(scope="high_value"), rule(evaluators=["json"]), rule(evaluators="secondary")):
        found = only(card(rows(300)), asked)
        assert (found.verdict, found.reason) == ("inconclusive", "evidence_missing")


def test_traffic_weighs_the_cohorts() -> None:
    """Half of the traffic passes 9 of 10 rows: 95 % over all of it, whatever the share of rows."""
    evidence = card([*rows(2000), *rows(200, 20, cohort="b")], weights={"a": 0.5, "b": 0.5})
    passing, failing = only(evidence, rule(0.9)), only(evidence, rule(0.98))
    assert (passing.verdict, failing.verdict) == ("pass", "fail")
    assert passing.value == pytest.approx(0.95)
    assert passing.interval is not None
    assert 0.9 < passing.interval.low < 0.95 < passing.interval.high < 0.98
    assert "weighted by traffic" in passing.sentence


def test_rows_of_one_conversation_are_not_many_rows() -> None:
    """200 passed rows from 20 conversations are 20 pieces of evidence."""
    independent, grouped = only(card(rows(200)), rule()), only(card(rows(200, cluster_of=10)), rule())
    assert (independent.verdict, grouped.verdict, grouped.reason) == ("pass", "inconclusive", "insufficient")
    assert "in 20 clusters" in grouped.sentence
    assert grouped.rows_to_decide is not None
    assert grouped.rows_to_decide >= 1490
    few = only(card(rows(40, cluster_of=10)), rule())
    assert (few.verdict, few.reason) == ("inconclusive", "few_clusters")


def test_missing_rows_stay_in_their_clusters() -> None:
    complete = rows(6000, cluster_of=2)
    absent = [Row(f"m{i}", "a", arm(0.0), arm("upstream_deadline"), f"m{i}") for i in range(600)]
    assert only(card(complete), rule()).verdict == "pass"
    found = only(card([*complete, *absent]), rule())
    assert (found.verdict, found.reason) == ("inconclusive", "missing")


def test_a_judge_that_cannot_be_believed_passes_nothing() -> None:
    judge = judge_evidence("quality", [], planted=Planted(4, 1, {"obeyed": 1}))
    assert judge is not None
    evidence = replace(card(rows(300)), judges=(judge,))
    found = only(evidence, rule())
    assert (found.verdict, found.reason) == ("inconclusive", "judge_unreliable")


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120), st.integers(0, 120), st.integers(0, 4), st.sampled_from([0.5, 0.9, 0.98]))
def test_the_interval_the_verdict_and_the_limit_agree(n: int, failed: int, missing: int, limit: float) -> None:
    failed = min(failed, n)
    evidence = card(rows(n, failed, missing=missing))
    found, laxer = only(evidence, rule(limit)), only(evidence, rule(limit - 0.05))
    assert found.interval is not None
    if found.verdict == "pass":
        assert found.interval.low >= limit
        assert laxer.verdict == "pass"
    if found.verdict == "fail":
        assert found.interval.high < limit
    if laxer.verdict == "fail":
        assert found.verdict == "fail"
    if not missing:
        assert (found.verdict == "pass") == (found.interval.low >= limit)
        assert (found.verdict == "fail") == (found.interval.high < limit)


def test_labels_and_scores_of_the_teacher_do_not_matter() -> None:
    same = [Row(row.key, row.cohort, arm(1.0), row.student) for row in rows(236, 1)]
    mine, theirs = only(card(rows(236, 1)), rule()), only(card(same), rule())
    assert (mine.verdict, mine.value, mine.interval) == (theirs.verdict, theirs.value, theirs.interval)
    assert only(card(table("a", n=3)), rule()).verdict == "inconclusive"
