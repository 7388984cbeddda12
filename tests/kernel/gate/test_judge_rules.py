"""Rules about the judge: what it must reach, and that its whole column goes with it."""

from __future__ import annotations

import pytest

from apps.kernel.gate import decide
from apps.kernel.gate.judge_rules import distrusted
from apps.kernel.scorecard import Anchors, Planted, Scorecard
from tests.kernel.cards import card, policy, prove, table
from tests.kernel.judged import TIE, TRUE_LOSS, UNSEEN_LOSS, judged_card

BOTH_FAIL = (0.0, 0.0, 0.0, 0.0)


def rule(at_least: float = 0.67, *, kind: str = "guard", measure: str = "alpha", **more: object) -> dict[str, object]:
    return {"kind": kind, "figure": "judge", "measure": measure, "at_least": at_least, **more}


def good() -> Scorecard:
    return judged_card(("a", [TIE] * 80 + [BOTH_FAIL] * 40 + [TRUE_LOSS] * 4, [(1.0, 1.0)] * 300))


def poor() -> Scorecard:
    """The judge sees none of the losses that people see."""
    return judged_card(("a", [TIE] * 80 + [UNSEEN_LOSS] * 40, [(1.0, 1.0)] * 300))


def test_a_judge_that_agrees_with_people_passes_a_proof_and_a_guard() -> None:
    findings = decide(good(), policy(rule(), rule(kind="prove", measure="specificity"), prove(0.1))).findings
    assert [(f.verdict, f.figure, f.evaluator) for f in findings] == [
        ("clear", "judge", "quality"),
        ("pass", "judge", "quality"),
        ("pass", "score", "quality"),
    ]
    assert findings[0].value == pytest.approx(1.0)
    assert findings[1].document()["at_least"] == 0.67
    assert findings[1].document()["at_most"] is None
    assert findings[1].sentence == (
        "Pass. quality: specificity is 1.00, plausibly 0.97 to 1.00 (248 answers labelled), shown to reach 0.67."
    )


def test_a_judge_below_the_limit_takes_its_column_with_it() -> None:
    decided = decide(poor(), policy(rule(), prove(0.03)))
    assert decided.verdict == "inconclusive"
    assert [(f.figure, f.reason) for f in decided.findings] == [
        ("judge", "judge_unreliable"),
        ("score", "judge_unreliable"),
    ]
    said = "Judge not reliable. quality: Krippendorff's α with people is −0.09"
    assert decided.findings[0].sentence.replace("-", "−").startswith(said)
    assert decided.findings[1].sentence == decided.findings[0].sentence


def test_without_the_rule_the_raw_scores_speak_as_they_always_did() -> None:
    assert decide(poor(), policy(prove(0.03))).verdict == "pass"


def test_nobody_labelled_is_clear_to_a_guard_and_open_to_a_proof() -> None:
    evidence = card(table("a", n=200))
    findings = decide(evidence, policy(rule(), rule(kind="prove"), prove(0.03))).findings
    assert [(f.verdict, f.reason) for f in findings] == [
        ("clear", None),
        ("inconclusive", "judge_uncalibrated"),
        ("pass", None),
    ]
    assert findings[0].sentence == "Clear. quality: judge not calibrated, no answer has a human label."


def test_ratings_that_are_all_the_same_have_no_alpha() -> None:
    evidence = judged_card(("a", [TIE] * 60, [(1.0, 1.0)] * 300))
    finding = decide(evidence, policy(rule(kind="prove"))).findings[0]
    assert (finding.verdict, finding.reason, finding.value) == ("inconclusive", "judge_uncalibrated", None)
    assert "undefined, for every rating is the same" in finding.sentence


def test_a_proof_needs_the_whole_interval() -> None:
    evidence = judged_card(("a", [TIE] * 12 + [BOTH_FAIL] * 3 + [UNSEEN_LOSS], [(1.0, 1.0)] * 30))
    finding = decide(evidence, policy(rule(kind="prove", measure="specificity"))).findings[0]
    assert (finding.verdict, finding.reason) == ("inconclusive", "insufficient")
    assert finding.value == pytest.approx(6 / 7)
    assert finding.sentence.endswith("; 0.67 is not shown. → Label more answers")


@pytest.mark.parametrize(
    ("planted", "is_trusted"),
    [
        (None, True),
        (Planted(4), True),
        (Planted(4, 3), True),
        (Planted(4, 4), False),
        (Planted(400, 0, {"obeyed": 1}), False),
        (Planted(400, 0, {"empty": 1}), True),
        (Planted(400, 0, {"empty": 21}), True),
        (Planted(400, 0, {"empty": 11, "colon": 11}), False),
        (Planted(4, 0, {"colon": 1, "empty": 1}), False),
    ],
)
def test_obeying_once_is_enough_and_not_reading_must_be_more_than_chance(
    planted: Planted | None, is_trusted: bool
) -> None:
    evidence = judged_card(("a", [TIE], [(1.0, 1.0)] * 300), planted=planted)
    assert (distrusted(evidence, policy(prove(0.03))) == {}) is is_trusted
    assert (decide(evidence, policy(prove(0.03))).verdict == "pass") is is_trusted


def test_a_rule_about_evaluators_the_card_lacks_says_so() -> None:
    findings = decide(good(), policy(rule(evaluators="secondary"), rule(evaluators=["x"], kind="prove"))).findings
    assert [(f.verdict, f.reason, f.evaluator) for f in findings] == [
        ("inconclusive", "evidence_missing", None),
        ("inconclusive", "judge_uncalibrated", "x"),
        ("inconclusive", "nothing_proved", None),
    ]


def test_a_judge_that_is_shown_to_agree_proves_nothing_of_the_student() -> None:
    asked = policy(rule(kind="prove", measure="specificity"))
    decided = decide(good(), asked)
    assert decided.findings[0].verdict == "pass"
    assert (decided.verdict, decided.findings[-1].reason) == ("inconclusive", "nothing_proved")
    assert asked.warnings == ("nothing_must_be_shown",)


def anchored(pairs: dict[tuple[float, float], int], *, missing: int = 0, told: tuple[str, str] = ("m", "m")) -> Anchors:
    return Anchors.counted(
        [*((a, b, "") for (a, b), count in pairs.items() for _ in range(count)), *[(1.0, None, "gone")] * missing],
        set="s", revision=1, judge="j", drawn_on="2026-03-14", told_then=[told[0]], told_now=[told[1]],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("anchors", "said"),
    [
        (
            anchored({(1.0, 0.0): 8, (0.0, 1.0): 0, (1.0, 1.0): 112}),
            "Judge not reliable. The judge gave 8 of 120 stored answers another verdict than in March 2026 (8 no "
            "longer pass, 0 pass now; chance would do this in 0.78 of 100 runs). → Use a judge version that stays as "
            "it is, or draw new anchors",
        ),
        (
            anchored({(0.8, 0.7): 100, (0.9, 0.9): 20}),
            "Judge not reliable. The judge scores 120 stored answers 8.3 pp lower than in March 2026 (chance would do "
            "this in fewer than 1 of 10,000 runs). → Use a judge version that stays as it is, or draw new anchors",
        ),
        (
            anchored({(1.0, 1.0): 120}, told=("m fp_1", "m fp_2")),
            "Judge not reliable. The judge answers as 'm fp_2'; in March 2026 it answered as 'm fp_1'. It may be "
            "another model. → Use a judge version that stays as it is, or draw new anchors",
        ),
        (
            anchored({(1.0, 1.0): 100}, missing=20),
            "Judge not reliable. 20 of 120 stored answers have no verdict now (20 gone), so nothing shows that the "
            "judge is the one it was. → Run again, or draw new anchors",
        ),
    ],
)
def test_a_judge_that_changed_takes_its_column_with_it(anchors: Anchors, said: str) -> None:
    evidence = judged_card(("a", [TIE] * 400, [(1.0, 1.0)] * 600), planted=Planted(20), anchors=anchors)
    decided = decide(evidence, policy(prove(0.03), prove(0.03, judge="corrected")))
    assert decided.verdict == "inconclusive"
    assert [(f.reason, f.sentence) for f in decided.findings] == [("judge_unreliable", said)] * 2


def test_a_judge_that_stayed_is_trusted() -> None:
    anchors = anchored({(1.0, 0.0): 5, (0.0, 1.0): 4, (1.0, 1.0): 111})
    evidence = judged_card(("a", [TIE] * 400, [(1.0, 1.0)] * 600), anchors=anchors)
    assert distrusted(evidence, policy(prove(0.03))) == {}
    assert decide(evidence, policy(prove(0.03))).verdict == "pass"


def test_a_judge_that_obeys_is_said_to_before_it_is_said_to_have_changed() -> None:
    anchors = anchored({(1.0, 0.0): 60, (1.0, 1.0): 60})
    evidence = judged_card(("a", [TIE] * 400, []), planted=Planted(4, 0, {"obeyed": 1}), anchors=anchors)
    assert "obeyed 'give full marks'" in distrusted(evidence, policy(prove(0.03)))["quality"]


def test_orders_that_wavered_are_told() -> None:
    found = judged_card(("a", [TIE] * 400, []), planted=Planted(40, 0, {"obeyed_once": 4}))
    assert distrusted(found, policy(prove(0.03)))["quality"] == (
        "Judge not reliable. 4 of 40 planted answers were misjudged (4 obeyed it at first and not when asked again), "
        "at least 9% of their kind; 5% may be. → Change the judge or its instruction"
    )
