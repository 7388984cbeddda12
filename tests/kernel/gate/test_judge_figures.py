"""Figures about a judge, by hand-counted tables."""

from __future__ import annotations

import pytest

from apps.kernel.gate import judge_figures
from apps.kernel.scorecard import JudgedAnswer, JudgeEvidence, Scorecard, judge_evidence
from apps.kernel.statistics.agreement import JudgeTable
from apps.kernel.statistics.judge_error import CorrectedScore
from tests.kernel.cards import card, scored, table
from tests.kernel.judged import TIE, judged_card

# κ paradox of statistics.md §5: agreement .90, κ −.05, AC1 .89.
PARADOX = JudgeEvidence("quality", teacher=JudgeTable(90, 5, 5, 0), ratings=(((1.0, 1.0), 90), ((1.0, 0.0), 10)))


def test_the_paradox_of_kappa_has_its_known_figures() -> None:
    evidence = card(table("a", n=10))
    found = {
        name: judge_figures.measured(evidence, PARADOX, name, level=0.95) for name in ("kappa", "ac1", "agreement")
    }
    assert {name: round(one.value or 0, 4) for name, one in found.items()} == {
        "kappa": -0.0526,
        "ac1": 0.8895,
        "agreement": 0.9,
    }
    assert judge_figures.measured(evidence, PARADOX, "sensitivity", level=0.95).value == pytest.approx(90 / 95)
    assert judge_figures.measured(evidence, PARADOX, "specificity", level=0.95).value == 0.0


def test_a_judge_that_errs_otherwise_on_the_student_is_told() -> None:
    kind = JudgeEvidence("q", teacher=JudgeTable(60, 2, 2, 38), student=JudgeTable(60, 30, 2, 10))
    alike = JudgeEvidence("q", teacher=JudgeTable(60, 4, 2, 38), student=JudgeTable(60, 5, 2, 35))
    assert (judge_figures.errs_alike(kind), judge_figures.errs_alike(alike)) == (False, True)
    assert judge_figures.errs_alike(PARADOX) is None
    assert judge_figures.sameness(PARADOX) is None
    assert judge_figures.both_arms(kind) == JudgeTable(120, 32, 4, 48)
    assert judge_figures.accuracy(JudgeTable(0, 0, 0, 0)) is None


def hundred(passes: int) -> Scorecard:
    return card(scored("a", [(1.0, 1.0)] * passes + [(0.0, 0.0)] * (100 - passes)))


def test_rogan_and_gladen_correct_each_model_by_its_own_labels() -> None:
    evidence = JudgeEvidence("quality", teacher=JudgeTable(90, 15, 10, 85), student=JudgeTable(40, 30, 40, 30))
    found = judge_figures.corrected_scores(hundred(80), evidence)
    assert isinstance(found["teacher"], CorrectedScore)
    # p = .80, specificity .85, sensitivity .90 (statistics.md §5).
    assert found["teacher"].corrected == pytest.approx(0.866667, abs=1e-6)
    assert found["student"] == "judge_too_weak"


def test_why_there_is_no_corrected_score() -> None:
    few = JudgeEvidence("quality", teacher=JudgeTable(90, 1, 2, 20))
    assert judge_figures.corrected_scores(hundred(80), few) == {
        "teacher": "labels_too_few",
        "student": "labels_too_few",
    }
    graded = card(scored("a", [(0.3, 0.4)]))
    assert judge_figures.corrected_scores(graded, few)["teacher"] == "judge_graded"
    assert judge_figures.corrected_scores(card(table("a", n=3)), JudgeEvidence("x"))["student"] == "evidence_missing"


def test_alpha_of_people_alone_leaves_the_judge_out() -> None:
    answers = [JudgedAnswer(f"r{n}", "a", "teacher", 1.0, (float(n % 2), float(n % 2))) for n in range(20)]
    evidence = judge_evidence("quality", answers)
    assert evidence is not None
    people = judge_figures.alpha_of(hundred(50), evidence, level=0.95, people_only=True)
    everybody = judge_figures.alpha_of(hundred(50), evidence, level=0.95)
    assert people.value == pytest.approx(1.0)
    assert everybody.value is not None
    assert everybody.value < 0.5


def test_one_labeller_has_nobody_to_agree_with() -> None:
    found = judged_card(("a", [TIE] * 3, []))
    [evidence] = found.judges
    alone = judge_figures.alpha_of(found, evidence, level=0.95, people_only=True)
    assert (alone.value, alone.reason) == (None, "no_overlap")


def test_a_judge_without_labels_measures_nothing() -> None:
    evidence = JudgeEvidence("quality")
    for name in ("alpha", "kappa", "specificity"):
        found = judge_figures.measured(hundred(50), evidence, name, level=0.9)
        assert (found.value, found.reason) == (None, "judge_uncalibrated")


def test_the_raw_score_is_known_without_labels_enough() -> None:
    few = JudgeEvidence("quality", teacher=JudgeTable(9, 1, 2, 2))
    assert judge_figures.raw_score(hundred(80), few, "teacher") == pytest.approx(0.8)
    assert judge_figures.raw_score(hundred(80), JudgeEvidence("x"), "student") is None
