from __future__ import annotations

import pytest

from apps.kernel.gate import Finding, decide
from apps.kernel.gate.cost_rules import cost_ratio
from apps.kernel.scorecard import Scorecard
from tests.kernel.cards import card, policy, priced, prove

TEACHER = ["4.2", "3.9", "4.8", "4.4", "3.7", "4.1", "5.0", "3.9"]
STUDENT = ["0.31", "0.28", "0.40", "0.33", "0.27", "0.30", "0.39", "0.29"]
KNOWN = list(zip(TEACHER, STUDENT, strict=True))


def cost(at_most: float, kind: str = "prove", scope: str = "global") -> dict[str, object]:
    return {"kind": kind, "figure": "cost_ratio", "scope": scope, "at_most": at_most}


def only(evidence: Scorecard, rule: dict[str, object]) -> Finding:
    return decide(evidence, policy(rule)).findings[0]


def test_the_ratio_is_of_means_with_fiellers_limits() -> None:
    found = cost_ratio(card(priced("a", KNOWN)), "*", level=0.95)
    assert found.value == pytest.approx(0.075588, abs=5e-7)
    assert found.interval is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((0.071981, 0.078715), abs=5e-7)
    assert (found.rows, found.reason) == (8, None)


@pytest.mark.parametrize(
    ("at_most", "proof", "watch"),
    [(0.15, "pass", "clear"), (0.0756, "inconclusive", "clear"), (0.05, "fail", "fail")],
)
def test_the_whole_interval_decides(at_most: float, proof: str, watch: str) -> None:
    evidence = card(priced("a", KNOWN))
    assert only(evidence, cost(at_most)).verdict == proof
    assert only(evidence, cost(at_most, "guard")).verdict == watch


def test_an_undecided_cost_says_between_what_it_lies() -> None:
    found = only(card(priced("a", KNOWN)), cost(0.0756))
    assert (found.reason, found.rows_to_decide) == ("insufficient", None)
    assert "cost ratio 0.0756, plausibly 0.072" in found.sentence


@pytest.mark.parametrize("kind", ["prove", "guard"])
@pytest.mark.parametrize("gap", [("4.0", None), (None, "0.3"), (None, None), ("NaN", "0.3"), ("4.0", "Infinity")])
def test_one_attempt_without_a_price_makes_the_ratio_unknown(gap: tuple[str | None, str | None], kind: str) -> None:
    found = only(card(priced("a", [*KNOWN, gap])), cost(0.15, kind))
    assert (found.verdict, found.reason, found.value, found.interval) == ("inconclusive", "unpriced", None, None)
    assert found.sentence.startswith("Cost unknown. All cohorts: ")


def test_a_free_teacher_has_no_ratio() -> None:
    found = only(card(priced("a", [("0", "0.3"), ("0", "0.2")])), cost(0.15))
    assert (found.verdict, found.reason) == ("inconclusive", "teacher_cost_zero")


def test_a_free_student_passes() -> None:
    assert only(card(priced("a", [("4.0", "0"), ("3.0", "0"), ("5.0", "0")])), cost(0.15)).verdict == "pass"


def test_no_row_leaves_the_cost_unknown() -> None:
    found = only(card([], weights={"a": 1.0}), cost(0.15))
    assert (found.verdict, found.reason) == ("inconclusive", "evidence_missing")


@pytest.mark.parametrize(("kind", "verdict"), [("prove", "inconclusive"), ("guard", "clear")])
def test_one_row_bounds_nothing(kind: str, verdict: str) -> None:
    found = only(card(priced("a", [("4.0", "0.1")])), cost(0.15, kind))
    assert (found.verdict, found.value, found.interval) == (verdict, 0.025, None)


def test_each_cohort_has_its_own_ratio() -> None:
    evidence = card([*priced("a", KNOWN), *priced("b", [(teacher, teacher) for teacher in TEACHER])])
    found = decide(evidence, policy(cost(0.15, scope="each_cohort"))).findings
    assert [(f.cohort, f.verdict) for f in found] == [("a", "pass"), ("b", "fail")]


def test_declared_weights_count_the_traffic_not_the_rows() -> None:
    rows = [*priced("a", [("1", "0.1")] * 30), *priced("b", [("10", "5")] * 30)]
    assert cost_ratio(card(rows), "*", level=0.9).value == pytest.approx(5.1 / 11)
    weighted = cost_ratio(card(rows, weights={"a": 0.9, "b": 0.1}), "*", level=0.9)
    assert weighted.value == pytest.approx((0.9 * 0.1 + 0.1 * 5) / (0.9 * 1 + 0.1 * 10))


def test_a_high_value_cost_rule_without_such_a_cohort_lacks_evidence() -> None:
    found = only(card(priced("a", KNOWN)), cost(0.15, scope="high_value"))
    assert (found.verdict, found.reason, found.cohort) == ("inconclusive", "evidence_missing", "*")


def test_a_cost_fail_fails_the_gate() -> None:
    assert decide(card(priced("a", KNOWN * 40)), policy(prove(0.03), cost(0.05))).verdict == "fail"
