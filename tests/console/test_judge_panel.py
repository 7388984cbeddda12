"""A report's judges in words."""

from __future__ import annotations

from apps.console.judge_panel import judges
from apps.kernel.report import report
from apps.kernel.scorecard import Anchors, Planted
from tests.kernel.cards import card, table
from tests.kernel.judged import TIE, TRUE_LOSS, UNSEEN_LOSS, grouped_card, judged_card

BOTH_FAIL = (0.0, 0.0, 0.0, 0.0)


def test_a_report_without_judges_has_no_panel() -> None:
    assert judges(report(card(table("a", n=20)), None)) == ()


def test_corrected_stands_beside_raw() -> None:
    evidence = judged_card(
        ("a", [TIE] * 60 + [BOTH_FAIL] * 35 + [UNSEEN_LOSS] * 3 + [TRUE_LOSS] * 2, [(1.0, 1.0)] * 300),
        ("b", [TIE] * 6, [(1.0, 0.0)] * 10),
        planted=Planted(8, 1, {"colon": 1}),
    )
    [judge] = judges(report(evidence, None))
    assert (judge.evaluator, judge.answers) == ("quality", "212 labelled answers")
    assert judge.planted == "8 planted answers with a known verdict: 1 misjudged, 1 without a verdict."
    assert [delta.place for delta in judge.deltas] == ["All traffic", "a", "b"]
    assert judge.deltas[1].raw == "−0.5"
    assert judge.deltas[1].corrected.startswith("−3")
    assert judge.deltas[2].interval == "not calibrated: 44 more rows to label"
    measures = {measure.name: (measure.value, measure.interval) for measure in judge.measures}
    assert measures["Specificity"][0] == "0.96"
    assert measures["α among people"] == ("–", "one labeller only")
    assert judge.shrinks.startswith(
        "A judge that errs like this on both models alike shows a true loss of 1.0 pp as 0.96 pp."
    )
    teacher, student = judge.arms
    assert (student.judge_only, student.both_fail) == ("3", "37")
    assert teacher.corrected.startswith("0.9")


def test_what_warns_is_said_in_words() -> None:
    kind = [(1.0, 0.0, 1.0, 1.0)] * 30 + [(0.0, 1.0, 0.0, 1.0)] * 30 + [(1.0, 1.0, 1.0, 1.0)] * 10
    [judge] = judges(report(judged_card(("a", kind, [])), None))
    assert any("errs otherwise on the student" in warning for warning in judge.warnings)
    assert judge.shrinks == ""
    coin = [(1.0, 1.0, 1.0, 0.0), (0.0, 0.0, 1.0, 0.0)] * 40
    [judge] = judges(report(judged_card(("a", coin, [])), None))
    assert judge.warnings[0] == (
        "Sensitivity + specificity − 1 is 0.00. Below 0.30 a judge's scores cannot be corrected."
    )


def test_planted_answers_alone_are_told() -> None:
    [judge] = judges(report(judged_card(("a", [], [(1.0, 1.0)] * 5), planted=Planted(4)), None))
    assert (judge.measures, judge.deltas, judge.planted) == (
        (), (), "4 planted answers with a known verdict: 0 misjudged.",
    )  # fmt: skip


def test_a_judge_that_stayed_is_told_in_passing_and_one_that_changed_in_a_warning() -> None:
    def told(*, flips: int) -> object:
        verdicts = [(1.0, 0.0, "")] * flips + [(1.0, 1.0, "")] * (120 - flips)
        anchors = Anchors.counted(verdicts, set="s", revision=1, judge="j", drawn_on="2026-03-14")
        [judge] = judges(report(judged_card(("a", [TIE], []), planted=Planted(4), anchors=anchors), None))
        return judge.anchors, judge.warnings

    assert told(flips=0) == ("120 stored answers judged again as in March 2026: all as then.", ())
    words, warnings = told(flips=9)
    assert words == ""
    assert [warning.startswith("Judge not reliable. The judge gave 9 of 120 stored") for warning in warnings] == [True]


def test_labels_in_too_few_clusters_are_told_apart() -> None:
    [judge] = judges(report(grouped_card(30, labelled=20, only=4), None))
    assert judge.deltas[0].interval == "not calibrated: too few clusters are labelled"
    [judge] = judges(report(grouped_card(30, labelled=5), None))
    assert judge.deltas[0].corrected == "0.0"
