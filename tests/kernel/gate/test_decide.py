from __future__ import annotations

import json
import random

import pytest

from apps.kernel import digest
from apps.kernel.gate import decide
from apps.kernel.policy import TEMPLATES, parse
from apps.kernel.report import report
from apps.kernel.scorecard import NO_OUTPUT, Arm, Row, Scorecard, Unpaired
from tests.kernel.cards import arm, card, guard, policy, prove, scored, table


def test_pass_needs_every_proof_and_no_harm() -> None:
    found = decide(
        card([*table("a", n=300), *table("vip", n=300)], high_value=["vip"]),
        policy(prove(0.03), prove(0.01, "high_value"), guard(0.03, "other_cohorts")),
    )
    assert found.verdict == "pass"
    assert [(f.rule, f.cohort, f.verdict) for f in found.findings] == [
        ("r0", "*", "pass"),
        ("r1", "vip", "pass"),
        ("r2", "a", "clear"),
    ]


def test_one_fail_outranks_everything_but_invalid() -> None:
    rows = [*table("a", losses=60, n=300), *table("vip", n=15)]
    found = decide(card(rows, high_value=["vip"]), policy(prove(0.03), prove(0.01, "high_value")))
    assert (found.verdict, [f.verdict for f in found.findings]) == ("fail", ["fail", "inconclusive"])


def test_one_open_question_holds_back_a_pass() -> None:
    rows = [*table("a", n=400), *table("vip", n=15)]
    found = decide(card(rows, high_value=["vip"]), policy(prove(0.03), prove(0.01, "high_value")))
    assert (found.verdict, [f.verdict for f in found.findings]) == ("inconclusive", ["pass", "inconclusive"])


def test_guards_alone_prove_nothing() -> None:
    found = decide(card(table("a", n=400)), policy(guard(0.03), guard(0.03, "each_cohort")))
    assert found.verdict == "inconclusive"
    assert [(f.rule, f.verdict, f.reason) for f in found.findings] == [
        ("r0", "clear", None),
        ("r1", "clear", None),
        ("policy", "inconclusive", "nothing_proved"),
    ]


def test_a_proof_over_no_cohort_proves_nothing() -> None:
    found = decide(card(table("vip", n=400), high_value=["vip"]), policy(prove(0.03, "other_cohorts")))
    assert (found.verdict, found.findings[-1].reason) == ("inconclusive", "nothing_proved")


def test_too_many_one_sided_examples_make_the_card_invalid() -> None:
    rows = table("a", losses=60, n=300)
    found = decide(card(rows, unpaired=Unpaired(teacher_only=10, student_only=6)), policy(prove(0.03)))
    assert (found.verdict, found.findings[0].reason) == ("invalid", "unpaired")
    assert found.findings[0].value == pytest.approx(16 / 316)
    assert (
        "10 rows have only a teacher output and 6 rows only a student output, out of 316" in found.findings[0].sentence
    )


def test_one_sided_examples_that_are_rows_count_once() -> None:
    rows = [*table("a", n=95), *(Row(f"x{i}", "a", arm(1.0), Arm(fault=NO_OUTPUT)) for i in range(5))]
    at_the_limit = decide(card(rows, unpaired=Unpaired(teacher_only=5)), policy(prove(0.03)))
    assert "unpaired" not in [f.reason for f in at_the_limit.findings]


def test_examples_without_any_output_do_not_make_it_invalid() -> None:
    assert decide(card(table("a", n=300), unpaired=Unpaired(neither=900)), policy(prove(0.03))).verdict == "pass"


def test_a_few_one_sided_examples_must_not_be_able_to_turn_the_verdict() -> None:
    # A student that sends no output where it would fail must not pass for that.
    assert decide(card(table("a", n=100)), policy(prove(0.03))).verdict == "pass"
    found = decide(card(table("a", n=100), unpaired=Unpaired(teacher_only=3)), policy(prove(0.03)))
    assert (found.verdict, found.findings[0].reason) == ("inconclusive", "missing")
    assert "3 of 103 rows are missing (3 answered by one model only)" in found.findings[0].sentence


def test_release_reads_like_its_description() -> None:
    rows = [*table("a", n=400), *table("vip", n=300)]
    found = decide(card(rows, high_value=["vip"]), parse(TEMPLATES["release"]))
    assert [(f.rule, f.cohort, f.verdict, f.reason) for f in found.findings] == [
        ("global", "*", "pass", None),
        ("high-value", "vip", "pass", None),
        ("cohorts", "a", "clear", None),
        ("cost", "*", "inconclusive", "unpriced"),
        ("latency-p99", "*", "inconclusive", "evidence_missing"),
        ("missing", "*", "clear", None),
    ]


def test_collect_evidence_passes_without_prices() -> None:
    rows = [*table("a", n=400), *table("vip", n=300)]
    assert decide(card(rows, high_value=["vip"]), parse(TEMPLATES["collect-evidence"])).verdict == "pass"


def test_strict_proves_cohorts_and_asks_for_more() -> None:
    strict = parse(TEMPLATES["strict"])
    rows = [*table("a", n=110), *table("vip", n=300)]
    found = {f.rule: f for f in decide(card(rows, high_value=["vip"]), strict).findings}
    assert (found["cohorts"].kind, found["cohorts"].verdict) == ("prove", "inconclusive")
    assert (found["high-value"].verdict, found["high-value"].interval.level) == ("inconclusive", 0.95)  # type: ignore[union-attr]


def test_the_decision_names_what_it_was_made_of() -> None:
    evidence, rules = card(table("a", n=30)), policy(prove(0.03))
    found = decide(evidence, rules)
    assert (found.scorecard_digest, found.policy_digest) == (evidence.digest, rules.digest)


def test_the_gate_can_be_recomputed_from_the_stored_document() -> None:
    rows = [
        *table("a", losses=5, wins=2, n=120, missing=3),
        *scored("b", [(0.2 * (i % 6), 0.25 * (i % 5)) for i in range(60)]),
        *table("c", n=20, missing=1),
    ]
    rules = parse(TEMPLATES["release"])
    for weights in (None, {"a": 0.5, "b": 0.2, "c": 0.3}):
        evidence = card(rows, weights=weights, high_value=["c"])
        stored = json.loads(digest.canonical(evidence.document()))
        again = Scorecard.from_document(stored)
        assert decide(again, rules) == decide(evidence, rules)
        assert report(again, decide(again, rules)) == report(evidence, decide(evidence, rules))


def test_row_order_changes_no_byte_of_the_decision() -> None:
    rows = [*table("a", losses=5, wins=2, n=60), *scored("b", [(0.1 * (i % 7), 0.15 * (i % 6)) for i in range(40)])]
    rules = parse(TEMPLATES["release"])

    def spelled(order: list[Row]) -> bytes:
        evidence = card(order, weights={"a": 0.7, "b": 0.3}, high_value=["b"])
        return digest.canonical(report(evidence, decide(evidence, rules)))

    expected = spelled(rows)
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert spelled(rows) == expected
