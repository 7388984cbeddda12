"""Labels on a card: counted, spelled only where there are any, read back as they were."""

from __future__ import annotations

import json
import random

import pytest

from apps.kernel import digest
from apps.kernel.scorecard import JudgedAnswer, Planted, Scorecard, judge_evidence
from apps.kernel.scorecard.assemble import EvidenceRefused, assemble
from apps.kernel.scorecard.judges import JudgeEvidence
from apps.kernel.statistics.agreement import JudgeTable
from tests.kernel.cards import card, table
from tests.kernel.judged import TIE, TRUE_LOSS, UNSEEN_LOSS, answers_of, judged_card


def test_a_card_without_labels_spells_as_it_always_did() -> None:
    plain = card(table("a", losses=2, wins=1, n=50))
    assert "judges" not in plain.document()
    assert plain.digest == "sha256:a88359aac464cc3b66c181fda2b360c94b7d5eab7710a1855f848a8a41928bf7"


def test_labels_are_counted_by_model_and_by_row() -> None:
    evidence = judge_evidence("quality", answers_of("a", [TIE] * 3 + [UNSEEN_LOSS] * 2 + [TRUE_LOSS]))
    assert evidence is not None
    assert evidence.teacher == JudgeTable(6, 0, 0, 0)
    assert evidence.student == JudgeTable(3, 2, 0, 1)
    assert evidence.cohort("a").rows == ((1, 0, 1, 0, 1), (1, 0, 1, 1, 2), (1, 1, 1, 1, 3))
    assert (evidence.cohort("a").n, evidence.cohort("b").n, evidence.answers) == (6, 0, 12)


def test_labellers_who_are_evenly_divided_stand_in_no_table() -> None:
    answers = [
        JudgedAnswer("r", "a", "teacher", 1.0, (1.0, 0.0)),
        JudgedAnswer("r", "a", "student", 1.0, (1.0, 1.0, 0.0)),
    ]
    evidence = judge_evidence("quality", answers)
    assert evidence is not None
    assert (evidence.split, evidence.teacher, evidence.student) == (
        1,
        JudgeTable(0, 0, 0, 0),
        JudgeTable(1, 0, 0, 0),
    )
    assert evidence.cohort("a").rows == ((0.5, 0.666666667, 1.0, 1.0, 1),)
    assert evidence.ratings == (((1.0, 0.0, 1.0), 1), ((1.0, 0.0, 1.0, 1.0), 1))


def test_repeats_are_averaged_over_all_scores_and_over_labels_given() -> None:
    answers = [
        JudgedAnswer("r", "a", "teacher", 1.0, (1.0,)),
        JudgedAnswer("r", "a", "teacher", 0.0),
        JudgedAnswer("r", "a", "student", 0.5, (0.0,)),
        JudgedAnswer("r", "a", "student", None),
    ]
    evidence = judge_evidence("quality", answers)
    assert evidence is not None
    assert evidence.cohort("a").rows == ((1.0, 0.0, 0.5, 0.5, 1),)


def test_an_answer_the_judge_did_not_score_says_nothing_of_it() -> None:
    assert judge_evidence("quality", [JudgedAnswer("r", "a", "teacher", None, (1.0,))]) is None
    assert judge_evidence("quality", []) is None
    planted = judge_evidence("quality", [], planted=Planted(4))
    assert planted == JudgeEvidence("quality", planted=Planted(4))


def test_the_document_reads_back_with_its_digest() -> None:
    found = judged_card(("a", [TIE] * 5 + [TRUE_LOSS], [(1.0, 0.0)] * 4), planted=Planted(8, 1, {"colon": 2}))
    document = json.loads(digest.canonical(found.document()))
    again = Scorecard.from_document(document)
    assert (again, again.digest) == (found, found.digest)
    assert again.judge("quality") == found.judge("quality")
    assert again.judge("other") is None
    document["judges"][0]["planted"]["misjudged"] = {}
    with pytest.raises(Exception, match="its content has"):
        Scorecard.from_document(document)


def test_order_of_answers_and_of_labels_says_nothing() -> None:
    answers = answers_of("a", [TIE, TRUE_LOSS, UNSEEN_LOSS]) + answers_of("b", [TIE] * 2)
    answers.append(JudgedAnswer("a-0", "a", "teacher", 1.0, (0.1, 0.2, 0.7)))
    expected = judge_evidence("quality", answers)
    dice = random.Random(3)
    for _ in range(5):
        dice.shuffle(answers)
        mixed = [JudgedAnswer(a.key, a.cohort, a.role, a.judge, tuple(reversed(a.labels))) for a in answers]
        assert judge_evidence("quality", mixed) == expected


def test_labels_of_scores_the_run_lacks_are_refused() -> None:
    found = judged_card(("a", [TIE], [(1.0, 1.0)]))
    stray = judge_evidence("quality", answers_of("a", [TRUE_LOSS]))
    with pytest.raises(EvidenceRefused) as refused:
        assemble([], cohorts=found.cohorts, evaluators=found.evaluators, weights_source="row_share",
                 unpaired=found.unpaired, facts={}, judges=[stray] if stray else [])  # fmt: skip
    assert refused.value.code == "labels_do_not_fit"
