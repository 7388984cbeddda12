from __future__ import annotations

import pytest

from apps.kernel.gate import Finding, decide
from apps.kernel.gate.latency_rules import latency_ratio, percentile_ms
from apps.kernel.scorecard import Row, Scorecard
from apps.kernel.scorecard.evidence import Arm
from tests.kernel.cards import arm, card, policy, timed


def rule(at_most: float, *, kind: str = "guard", quantile: float = 0.99, scope: str = "global") -> dict[str, object]:
    return {"kind": kind, "figure": "latency_ratio", "scope": scope, "at_most": at_most, "quantile": quantile}


def times(n: int, factor: float) -> Scorecard:
    """Latencies from 1,000 ms upwards, the student ``factor`` times as slow on every row."""
    return card(timed("a", [(1000.0 + i, factor * (1000.0 + i)) for i in range(n)]))


def only(evidence: Scorecard, asked: dict[str, object]) -> Finding:
    return decide(evidence, policy(asked)).findings[0]


def test_percentiles_are_observed_values() -> None:
    evidence = card(timed("a", [(10.0, 1.0), (20.0, 4.0), (30.0, 3.0), (40.0, 2.0)]))
    assert [percentile_ms(evidence, "a", q) for q in (0.5, 0.99, 0.25, 0.2501)] == [
        (20.0, 2.0),
        (40.0, 4.0),
        (10.0, 1.0),
        (20.0, 2.0),
    ]


def test_a_row_timed_in_one_arm_counts_in_neither() -> None:
    assert percentile_ms(card(timed("a", [(10.0, 1.0), (99.0, None)])), "a", 0.99) == (10.0, 1.0)


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "clear"), (1.4, "clear"), (2.0, "fail")])
def test_a_guard_fails_only_when_the_whole_interval_is_slower(factor: float, verdict: str) -> None:
    assert only(times(400, factor), rule(1.5)).verdict == verdict


def test_too_few_rows_show_no_harm() -> None:
    # The 99th percentile of 298 rows has no upper limit at 5 %: nobody can say the teacher's is not as slow.
    assert only(times(299, 3.0), rule(1.5)).verdict == "fail"
    few = only(times(298, 3.0), rule(1.5))
    assert (few.verdict, few.value) == ("clear", 3.0)
    assert "Weak look: p99 needs at least 299 rows." in few.sentence


@pytest.mark.parametrize(("n", "verdict"), [(1000, "pass"), (999, "inconclusive")])
def test_a_p99_proof_needs_a_thousand_rows(n: int, verdict: str) -> None:
    found = only(times(n, 1.0), rule(1.5, kind="prove"))
    assert (found.verdict, found.reason) == (verdict, None if verdict == "pass" else "insufficient")


@pytest.mark.parametrize("kind", ["prove", "guard"])
def test_no_latency_is_no_evidence(kind: str) -> None:
    found = only(card(timed("a", [(None, 3.0)] * 400)), rule(1.5, kind=kind))
    assert (found.verdict, found.reason, found.value) == ("inconclusive", "evidence_missing", None)


def test_a_teacher_that_took_no_time_has_no_ratio() -> None:
    found = only(card(timed("a", [(0.0, 3.0)] * 400)), rule(1.5))
    assert (found.verdict, found.reason) == ("inconclusive", "teacher_latency_zero")


def test_the_interval_is_seeded_by_the_card() -> None:
    uneven = [(1000.0 + (i * 37) % 101, 900.0 + (i * 53) % 211) for i in range(320)]
    one, two = card(timed("a", uneven)), card(timed("a", list(reversed(uneven))))
    assert latency_ratio(one, "*", 0.99, level=0.9).value is not None
    # The keys differ with the order of the rows, the values and so the card do not.
    assert latency_ratio(one, "*", 0.99, level=0.9) == latency_ratio(two, "*", 0.99, level=0.9)


def test_each_cohort_is_looked_at() -> None:
    rows = [*timed("a", [(100.0, 100.0)] * 300), *timed("b", [(100.0, 300.0)] * 300)]
    found = decide(card(rows), policy(rule(1.5, scope="each_cohort"))).findings
    assert [(f.cohort, f.verdict) for f in found if f.rule == "r0"] == [("a", "clear"), ("b", "fail")]


def test_a_high_value_latency_rule_without_such_a_cohort_lacks_evidence() -> None:
    found = only(times(300, 1.0), rule(1.5, scope="high_value"))
    assert (found.verdict, found.reason, found.cohort) == ("inconclusive", "evidence_missing", "*")


def late(n: int, *, teacher: bool = False, student: bool = False) -> list[Row]:
    """Rows in which these models ran into their deadline; the others took 1,000 ms."""
    one, other = (Arm(fault="upstream_deadline") if out else arm(1.0, ms=1000.0) for out in (teacher, student))
    return [Row(f"late-{teacher}-{student}-{i}", "a", one, other) for i in range(n)]


def steady(n: int) -> list[Row]:
    return timed("a", [(1000.0, 1000.0)] * n)


@pytest.mark.parametrize("kind", ["prove", "guard"])
def test_a_student_that_times_out_at_the_percentile_is_slower_than_its_teacher(kind: str) -> None:
    evidence = card([*steady(1960), *late(40, student=True)])
    found = only(evidence, rule(1.5, kind=kind))
    assert (found.verdict, found.value) == ("fail", float("inf"))
    assert found.document()["value"] is None
    assert found.document()["interval"] is None
    assert "an answer that never came" in found.sentence


def test_few_time_outs_below_the_percentile_leave_a_proof_standing() -> None:
    evidence = card([*steady(1998), *late(2, student=True)])
    assert only(evidence, rule(1.5, kind="prove")).verdict == "pass"


def test_times_that_are_merely_missing_neither_pass_nor_fail() -> None:
    unknown = timed("b", [(1000.0, None)] * 40)
    passing = only(card([*steady(1960), *unknown]), rule(1.5, kind="prove"))
    assert (passing.verdict, passing.reason) == ("inconclusive", "missing")
    assert "40 of 2,000 rows have no latency of one of the models. Counting them as slower" in passing.sentence
    assert only(card([*steady(1960), *unknown]), rule(1.5)).verdict == "clear"
    slow = [*timed("a", [(1000.0, 1000.0)] * 970), *timed("b", [(1000.0, 9000.0)] * 30)]
    assert only(card(slow), rule(1.5)).verdict == "fail"
    # The 1,000 rows more could all be fast and lift the 99th percentile above the slow ones.
    undone = only(card([*slow, *timed("c", [(1000.0, None)] * 4000)]), rule(1.5))
    assert (undone.verdict, undone.reason) == ("inconclusive", "missing")
    assert "Counting them as faster" in undone.sentence


def test_a_teacher_that_times_out_hides_no_slow_student_and_shows_none() -> None:
    evidence = card([*steady(1900), *late(100, teacher=True)])
    proof, watch = (only(evidence, rule(1.5, kind=kind)) for kind in ("prove", "guard"))
    assert (proof.verdict, proof.reason, proof.value) == ("inconclusive", "teacher_timed_out", None)
    assert (watch.verdict, watch.reason) == ("clear", None)
    assert watch.sentence == (
        "Clear. All cohorts: at this percentile the teacher's answer never came, so the student is not shown to be "
        "slower."
    )


def test_models_that_both_time_out_have_no_ratio() -> None:
    found = only(card([*steady(1900), *late(100, teacher=True, student=True)]), rule(1.5, kind="prove"))
    assert (found.verdict, found.reason) == ("inconclusive", "teacher_timed_out")


def test_a_guard_is_not_cleared_by_leaving_the_time_outs_out() -> None:
    """The 80 rows that came are all fast; one answer in five never came."""
    assert only(card([*steady(800), *late(200, student=True)]), rule(1.5)).verdict == "fail"
