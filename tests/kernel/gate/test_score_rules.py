from __future__ import annotations

import pytest

from apps.kernel.gate import Finding, decide
from apps.kernel.scorecard import Scorecard
from tests.kernel.cards import card, guard, policy, prove, scored, table


def only(evidence: Scorecard, rule: dict[str, object], **more: float) -> Finding:
    return decide(evidence, policy(rule, **more)).findings[0]


def verdicts(evidence: Scorecard, *rules: dict[str, object]) -> list[tuple[str, str, str | None]]:
    return [(f.cohort, f.verdict, f.reason) for f in decide(evidence, policy(*rules)).findings]


@pytest.mark.parametrize(
    ("losses", "wins", "margin", "smallest"),
    [(0, 0, 0.01, 299), (0, 0, 0.03, 99), (1, 0, 0.03, 157), (2, 2, 0.03, 141), (5, 5, 0.05, 117)],
)
def test_pass_starts_at_the_smallest_table_that_proves_it(losses: int, wins: int, margin: float, smallest: int) -> None:
    enough = only(card(table("a", losses=losses, wins=wins, n=smallest)), prove(margin))
    short = only(card(table("a", losses=losses, wins=wins, n=smallest - 1)), prove(margin))
    assert (enough.verdict, short.verdict, short.reason) == ("pass", "inconclusive", "insufficient")
    assert enough.p_pass is not None
    assert short.p_pass is not None
    assert enough.p_pass <= 0.05 < short.p_pass


def test_shown_harm_fails_a_proof_and_a_guard_alike() -> None:
    evidence = card(table("refunds", losses=31, wins=6, n=412))
    for rule in (prove(0.03), guard(0.03)):
        found = only(evidence, rule)
        assert (found.verdict, found.reason, found.rows_to_decide) == ("fail", None, None)
        assert found.p_fail == pytest.approx(0.015, abs=3e-4)
        assert found.value == pytest.approx(-25 / 412)
        assert found.interval is not None
        assert (found.interval.low, found.interval.high) == pytest.approx((-0.0865, -0.0380), abs=6e-4)


def test_harm_claims_share_one_holm_step() -> None:
    # p is .015 alone; beside four cohorts with no harm it has to be below .01.
    rows = table("refunds", losses=31, wins=6, n=412)
    others = [row for name in "abcd" for row in table(name, n=100)]
    alone = verdicts(card(rows), guard(0.03, "each_cohort"))
    together = verdicts(card([*rows, *others]), guard(0.03, "each_cohort"))
    assert alone[0] == ("refunds", "fail", None)
    assert together[:5] == [(name, "clear", None) for name in ("a", "b", "c", "d", "refunds")]


def test_an_unlucky_loss_among_many_is_said_to_be_one() -> None:
    rows = table("refunds", losses=31, wins=6, n=412)
    others = [row for name in "abcd" for row in table(name, n=100)]
    found = decide(card([*rows, *others]), policy(prove(0.03, "each_cohort"))).findings[4]
    assert (found.verdict, found.reason, found.rows_to_decide) == ("inconclusive", "insufficient", None)
    assert "which may still be the unlucky one of 5 figures looked at together" in found.sentence


def test_a_loss_of_exactly_the_margin_is_neither_over_it_nor_proved() -> None:
    found = only(card(table("a", losses=14, wins=11, n=100)), prove(0.03))
    assert (found.verdict, found.reason, found.value) == ("inconclusive", "insufficient", -0.03)
    assert found.rows_to_decide is not None
    assert found.rows_to_decide > 100
    assert "more rows may well end in a fail" in found.sentence


def test_missing_rows_must_not_be_able_to_undo_a_pass() -> None:
    # Complete rows lose 0.7 pp; with 12 missing counted as losses it is 4.7 pp.
    complete = only(card(table("a", losses=6, wins=4, n=288)), prove(0.03))
    with_gaps = only(card(table("a", losses=6, wins=4, n=288, missing=12)), prove(0.03))
    assert complete.verdict == "pass"
    assert (with_gaps.verdict, with_gaps.reason) == ("inconclusive", "missing")
    assert with_gaps.p_pass == complete.p_pass


def test_few_missing_rows_leave_a_sure_pass_alone() -> None:
    assert only(card(table("a", n=2000, missing=10)), prove(0.03)).verdict == "pass"


@pytest.mark.parametrize("rule", [prove(0.03), guard(0.03)])
def test_missing_rows_must_not_be_able_to_undo_a_fail(rule: dict[str, object]) -> None:
    found = only(card(table("a", losses=31, wins=6, n=412, missing=20)), rule)
    assert (found.verdict, found.reason) == ("inconclusive", "missing")
    assert "Counting them as wins" in found.sentence
    assert only(card(table("a", losses=90, wins=6, n=412, missing=20)), rule).verdict == "fail"


def test_graded_scores_are_judged_with_two_phantom_rows() -> None:
    wobble = [(0.5, 0.5 + 0.1 * (-1) ** i) for i in range(300)]
    slump = [(0.8, 0.6)] * 200
    assert only(card(scored("a", wobble)), prove(0.03)).verdict == "pass"
    assert only(card(scored("a", wobble[:40])), prove(0.03)).verdict == "inconclusive"
    assert only(card(scored("a", slump)), prove(0.03)).verdict == "fail"


def test_graded_missing_rows_count_both_ways() -> None:
    rows = [*scored("a", [(0.8, 0.8)] * 300), *table("a", n=0, missing=12)]
    assert only(card(rows[:300]), prove(0.03)).verdict == "pass"
    assert only(card(rows), prove(0.03)).reason == "missing"


def test_declared_weights_decide_the_global_rule() -> None:
    rows = [*table("common", n=600), *table("rare", losses=60, n=100)]
    pooled, weighted = card(rows), card(rows, weights={"common": 0.999, "rare": 0.001})
    assert only(pooled, prove(0.03)).verdict == "fail"
    assert only(weighted, prove(0.03)).verdict == "pass"


def test_a_cohort_with_traffic_and_no_rows_blocks_the_global_rule() -> None:
    found = only(card(table("a", losses=60, n=100), weights={"a": 0.9, "b": 0.1}), prove(0.03))
    assert (found.verdict, found.reason, found.rows_to_decide) == ("inconclusive", "weights", 99)
    assert "traffic weight of b" in found.sentence


def test_a_score_that_is_not_finite_blocks_the_rule() -> None:
    rows = [*table("a", n=400), *scored("a", [(1.0, float("nan"))])]
    found = only(card(rows), prove(0.03))
    assert (found.verdict, found.reason, found.p_pass) == ("inconclusive", "not_finite", None)


@pytest.mark.parametrize(("missing", "reason"), [(7, "missing")])
def test_a_cell_without_a_complete_pair_says_why(missing: int, reason: str) -> None:
    for rule in (prove(0.01), guard(0.01)):
        found = only(card(table("a", n=0, missing=missing)), rule)
        assert (found.verdict, found.reason, found.value, found.rows_to_decide) == ("inconclusive", reason, None, 299)


def test_the_smallest_noticeable_loss_stands_beside_a_clear() -> None:
    found = only(card(table("a", losses=6, wins=2, n=200)), guard(0.03))
    assert found.verdict == "clear"
    assert found.noticeable is not None
    assert 0.03 < found.noticeable < 0.09
    assert "Weak look" not in found.sentence


def test_a_guard_that_could_not_see_much_says_so() -> None:
    found = only(card(table("a", n=15)), guard(0.01))
    assert (found.verdict, "Weak look" in found.sentence) == ("clear", True)


def test_rows_to_decide_is_at_least_the_rule_of_three() -> None:
    found = only(card(table("a", n=15)), prove(0.01))
    assert found.rows_to_decide is not None
    assert found.rows_to_decide >= 299


def test_rows_to_decide_is_unknown_when_the_loss_seen_is_over_the_margin() -> None:
    found = only(card(table("a", losses=2, n=20)), prove(0.03))
    assert (found.verdict, found.rows_to_decide) == ("inconclusive", None)
    assert found.sentence.endswith("More rows may well end in a fail.")


def test_a_relative_margin_is_a_share_of_the_teachers_score() -> None:
    # Three points of a teacher at 0.5 are 6 %, of a teacher at 1.0 they are 3 %.
    half, full = [(0.5, 0.47)] * 500, [(1.0, 0.97)] * 500
    relative = prove(0.05, unit="relative")
    assert only(card(scored("a", half)), relative).verdict == "fail"
    passed = only(card(scored("a", full)), relative)
    assert passed.verdict == "pass"
    assert passed.limit == pytest.approx(0.05)


def test_a_relative_margin_works_on_binary_scores() -> None:
    assert only(card(table("a", n=400)), prove(0.03, unit="relative")).verdict == "pass"
    assert only(card(table("a", losses=100, n=400)), prove(0.03, unit="relative")).verdict == "fail"


def test_a_stricter_error_draws_a_wider_interval() -> None:
    evidence = card(table("a", losses=6, wins=4, n=288))
    usual, strict = only(evidence, prove(0.03)), only(evidence, prove(0.03), alpha=0.025)
    assert usual.interval is not None
    assert strict.interval is not None
    assert (usual.interval.level, strict.interval.level) == (0.9, 0.95)
    assert strict.interval.low < usual.interval.low < usual.interval.high < strict.interval.high


def test_picture_and_verdict_agree() -> None:
    for losses, wins, n in [(0, 0, 99), (0, 0, 98), (1, 0, 157), (1, 0, 156), (31, 6, 412), (12, 2, 120), (5, 5, 196)]:
        found = only(card(table("a", losses=losses, wins=wins, n=n)), prove(0.03))
        assert found.interval is not None
        assert (found.verdict == "pass") == (found.interval.low >= -0.03), (losses, wins, n)
        assert (found.verdict == "fail") == (found.interval.high < -0.03), (losses, wins, n)
