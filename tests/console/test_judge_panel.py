"""A report's judges in words."""

from __future__ import annotations

from apps.console.judge_panel import judges
from apps.kernel.report import report
from apps.kernel.scorecard import Planted
from tests.kernel.cards import card, table
from tests.kernel.judged import TIE, TRUE_LOSS, UNSEEN_LOSS, judged_card

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
