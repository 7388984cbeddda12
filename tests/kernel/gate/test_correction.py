"""Corrected cells: which labels they need, and that unequal labelling does not tilt them."""

from __future__ import annotations

import pytest

from apps.kernel.gate.correction import Correction, correction_of, labels_wanted
from apps.kernel.policy import Rule
from apps.kernel.scorecard import GLOBAL
from tests.kernel.cards import card, table
from tests.kernel.judged import TIE, TRUE_LOSS, UNSEEN_LOSS, judged_card

RULE = Rule("r", "prove", "score", "global", 0.05, judge="corrected")
TIES = [(1.0, 1.0)]


def corrected(evidence: object, cohort: str = GLOBAL) -> Correction:
    found = correction_of(evidence, cohort, "quality")  # type: ignore[arg-type]
    assert isinstance(found, Correction)
    return found


def test_a_loss_that_the_judge_does_not_see_is_seen() -> None:
    evidence = judged_card(("a", [TIE] * 90 + [UNSEEN_LOSS] * 10, TIES * 300))
    found = corrected(evidence).delta(level=0.9)
    assert (found.raw, found.n_labelled, found.n_unlabelled) == (0.0, 100, 300)
    assert found.corrected == pytest.approx(-0.1)
    assert corrected(evidence).p_values(RULE)[0] > 0.9


def test_a_cohort_labelled_twice_as_often_counts_by_its_rows() -> None:
    evidence = judged_card(("hv", [UNSEEN_LOSS] * 50, TIES * 50), ("rest", [TIE] * 50, TIES * 850))
    assert corrected(evidence).delta(level=0.9).corrected == pytest.approx(-0.1)
    declared = judged_card(
        ("hv", [UNSEEN_LOSS] * 50, TIES * 50), ("rest", [TIE] * 50, TIES * 850), weights={"hv": 0.5, "rest": 0.5}
    )
    assert corrected(declared).delta(level=0.9).corrected == pytest.approx(-0.5)
    assert corrected(declared, "hv").delta(level=0.9).corrected == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("cohorts", "has", "wants"),
    [
        ([("a", [TIE] * 49, TIES)], 49, 1),
        ([("a", [], TIES * 60)], 0, 50),
        ([("a", [TIE] * 60, TIES), ("b", [TIE] * 3, TIES)], 63, 2),
        ([("a", [TIE] * 60, TIES), ("b", [TIE] * 3, [])], None, 0),
    ],
)
def test_too_few_labels_are_counted_and_the_lack_is_named(cohorts: list, has: int | None, wants: int) -> None:
    evidence = judged_card(*cohorts)
    found = correction_of(evidence, GLOBAL, "quality")
    assert (None if isinstance(found, Correction) else found) == has
    assert labels_wanted(evidence, GLOBAL, "quality") == wants


def test_a_card_without_labels_wants_them_all() -> None:
    evidence = card(table("a", n=80))
    assert correction_of(evidence, GLOBAL, "quality") == 0
    assert labels_wanted(evidence, GLOBAL, "quality") == 50
    assert labels_wanted(evidence, "nowhere", "quality") == 50


def test_a_relative_margin_moves_into_the_contrast() -> None:
    evidence = judged_card(("a", [TIE] * 95 + [TRUE_LOSS] * 5, TIES * 285 + [(1.0, 0.0)] * 15))
    relative = Rule("r", "prove", "score", "global", 0.1, unit="relative", judge="corrected")
    absolute = Rule("r", "prove", "score", "global", 0.1, judge="corrected")
    # The teacher passes everything, so a tenth of its score is ten points.
    assert corrected(evidence).p_values(relative)[0] == pytest.approx(
        corrected(evidence).p_values(absolute)[0], abs=0.02
    )


def test_labels_to_decide_are_more_than_there_are_and_a_guard_says_what_it_would_see() -> None:
    found = corrected(judged_card(("a", [TIE] * 55 + [UNSEEN_LOSS, (0.0, 1.0, 1.0, 1.0)], TIES * 300)))
    assert found.labels == 57
    assert found.labels_to_decide(margin=0.03, alpha=0.05) == 289
    assert found.noticeable_loss(margin=0.03, alpha=0.05) == pytest.approx(0.115, abs=0.01)
