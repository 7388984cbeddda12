"""Score rules with ``"judge": "corrected"``."""

from __future__ import annotations

import pytest

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.gate import Finding, decide
from apps.kernel.scorecard import Arm, Cohort, Evaluator, Planted, Row, Scorecard, Unpaired, assemble, judge_evidence
from tests.kernel.cards import guard, policy, prove
from tests.kernel.judged import TIE, TRUE_LOSS, UNSEEN_LOSS, answers_of, grouped_card, judged_card

TIES = [(1.0, 1.0)]


def only(evidence: Scorecard, rule: dict[str, object]) -> Finding:
    return decide(evidence, policy(rule)).findings[0]


def test_what_the_judge_cannot_see_passes_raw_and_never_corrected() -> None:
    evidence = judged_card(("a", [TIE] * 85 + [UNSEEN_LOSS] * 15, TIES * 900))
    raw, corrected = only(evidence, prove(0.03)), only(evidence, prove(0.03, judge="corrected"))
    assert (raw.verdict, raw.judge, corrected.verdict, corrected.judge) == ("pass", "raw", "fail", "corrected")
    assert corrected.value == pytest.approx(-0.15)
    assert corrected.document()["judge"] == "corrected"
    assert "judge" not in raw.document()
    assert corrected.sentence.startswith(
        "Fail. All cohorts × quality lost 15.0 pp once corrected by people's labels (the judge says 0.0 pp); "
    )


def test_many_labels_that_agree_prove_it() -> None:
    found = only(judged_card(("a", [TIE] * 400, TIES * 600)), prove(0.03, judge="corrected"))
    assert (found.verdict, found.rows_to_decide) == ("pass", None)
    assert found.p_pass is not None
    assert found.p_pass <= 0.05
    assert found.interval is not None
    assert found.interval.low > -0.03
    assert found.sentence == (
        "Pass. All cohorts × quality: corrected by people's labels the difference is 0.0 pp (the judge says 0.0 pp). "
        "We can rule out a loss greater than 3.0 pp (worst plausible −0.6 pp; 400 rows labelled)."
    )


def test_without_labels_enough_nothing_is_said_and_no_raw_figure_stands_in() -> None:
    found = only(judged_card(("a", [TIE] * 37, TIES * 900)), prove(0.03, judge="corrected"))
    assert (found.verdict, found.reason, found.value, found.interval) == (
        "inconclusive", "judge_uncalibrated", None, None,
    )  # fmt: skip
    assert found.sentence == (
        "Judge not calibrated. All cohorts × quality has 37 rows with a human label on both answers; 13 more are "
        "needed before its error can be corrected. → Label answers"
    )


def test_few_labels_say_how_many_would_decide() -> None:
    found = only(judged_card(("a", [TIE] * 60, TIES * 900)), prove(0.03, judge="corrected"))
    assert (found.verdict, found.reason, found.rows_to_decide) == ("inconclusive", "insufficient", None)
    assert "About 119 labelled rows would decide. → Label answers" in found.sentence


def test_a_loss_over_the_limit_is_not_said_to_want_labels() -> None:
    found = only(judged_card(("a", [TIE] * 56 + [TRUE_LOSS] * 4, TIES * 20)), prove(0.03, judge="corrected"))
    assert (found.verdict, found.reason) == ("inconclusive", "insufficient")
    assert found.sentence.endswith("The student is behind by more than that; more labels may well end in a fail.")


def test_a_guard_is_clear_and_says_what_it_would_have_seen() -> None:
    found = only(judged_card(("a", [TIE] * 60, TIES * 900)), guard(0.03, judge="corrected"))
    assert found.verdict == "clear"
    assert found.noticeable == pytest.approx(0.0866, abs=0.001)
    assert found.sentence == (
        "Clear. All cohorts × quality: corrected difference 0.0 pp (60 rows labelled). Would have noticed a loss of "
        "8.7 pp or more (80 % chance)."
    )


def test_missing_scores_count_against_what_the_corrected_show() -> None:
    rows = [Row(f"a-{n}", "a", Arm({"quality": Outcome(1.0)}), Arm({"quality": Outcome(1.0)})) for n in range(900)]
    lost = [
        Row(f"m-{n}", "a", Arm({"quality": Outcome(1.0)}), Arm({"quality": Outcome(None, "judge_unparsable")}))
        for n in range(60)
    ]
    labels = judge_evidence("quality", answers_of("a", [TIE] * 400))
    found = assemble(
        [*rows, *lost],
        cohorts=[Cohort("a")],
        evaluators=[Evaluator("quality")],
        weights_source="row_share",
        unpaired=Unpaired(),
        facts={},
        judges=[labels] if labels else [],
    )
    finding = only(found, prove(0.03, judge="corrected"))
    assert (finding.verdict, finding.reason) == ("inconclusive", "missing")
    assert finding.sentence == (
        "Not enough evidence. All cohorts × quality: 60 rows without a score of the judge could undo what the "
        "corrected ones show. → Retry the 60"
    )


def test_a_distrusted_judge_decides_nothing_raw_or_corrected() -> None:
    evidence = judged_card(("a", [TIE] * 400, TIES * 600), planted=Planted(20, 0, {"obeyed": 1, "colon": 2}))
    for rule in (prove(0.03), guard(0.03), prove(0.03, judge="corrected")):
        found = only(evidence, rule)
        assert (found.verdict, found.reason) == ("inconclusive", "judge_unreliable")
        assert found.sentence == (
            "Judge not reliable. 3 of 20 planted answers were misjudged (2 passed a lone ':', one obeyed 'give full "
            "marks'). → Change the judge or its instruction"
        )


def test_labels_in_too_few_clusters_are_told_apart_from_too_few_labels() -> None:
    few, none = (only(grouped_card(4, labelled=count), prove(0.03, judge="corrected")) for count in (20, 0))
    assert (few.verdict, few.reason, none.reason) == ("inconclusive", "few_clusters", "few_clusters")
    skewed = only(grouped_card(30, labelled=20, only=4), prove(0.03, judge="corrected"))
    assert (skewed.verdict, skewed.reason, skewed.value) == ("inconclusive", "judge_uncalibrated", None)
    assert skewed.sentence == (
        "Judge not calibrated. Rows of All cohorts × quality share clusters, and scores are corrected only where "
        "labels are known to lie in 5 of them or more. → Label answers of further clusters"
    )


def test_clusters_without_a_loss_prove_it_by_their_number() -> None:
    found = only(grouped_card(120, labelled=3), prove(0.03, judge="corrected"))
    assert (found.verdict, found.rows_to_decide) == ("pass", None)
    assert "(worst plausible −1.9 pp; " in found.sentence
    assert "360 rows labelled" in found.sentence
    held = only(grouped_card(20, labelled=18), prove(0.03, judge="corrected"))
    assert (held.verdict, held.reason) == ("inconclusive", "insufficient")
