"""Corrected cells: which labels they need, and that unequal labelling does not tilt them."""

from __future__ import annotations

import pytest

from apps.kernel import digest
from apps.kernel.gate.correction import Correction, correction_of, labels_wanted
from apps.kernel.policy import Rule
from apps.kernel.scorecard import GLOBAL, Scorecard
from apps.kernel.scorecard.clusters import cluster_id
from tests.kernel.cards import card, table
from tests.kernel.judged import TIE, TRUE_LOSS, UNSEEN_LOSS, grouped_card, judged_card

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


def test_rows_of_one_cluster_are_one_piece_of_evidence() -> None:
    found = corrected(grouped_card(40, lost=2))
    assert found.is_clustered
    delta = found.delta(level=0.9)
    assert (delta.raw, delta.n_labelled, delta.n_unlabelled) == (0.0, 200, 600)
    assert delta.corrected == pytest.approx(-0.05)
    apart = judged_card(("a", [UNSEEN_LOSS] * 10 + [TIE] * 190, TIES * 600))
    assert delta.interval.low < corrected(apart).delta(level=0.9).interval.low - 0.03
    # 40 clusters are worth 40 rows: more labels of the same ones decide nothing, further clusters do.
    assert found.labels_to_decide(margin=0.1, alpha=0.05) > 200
    assert found.noticeable_loss(margin=0.03, alpha=0.05) > 0.1


def test_a_hundred_clusters_without_a_loss_pass_at_three_points() -> None:
    assert (
        corrected(grouped_card(120, labelled=2, others=6)).p_values(Rule("r", "prove", "score", "global", 0.03))[0]
        <= 0.05
    )
    assert (
        corrected(grouped_card(40, labelled=6, others=6)).p_values(Rule("r", "prove", "score", "global", 0.03))[0]
        > 0.05
    )


def test_labels_in_four_clusters_correct_nothing_and_more_labels_are_not_what_lacks() -> None:
    evidence = grouped_card(4, labelled=20)
    assert correction_of(evidence, GLOBAL, "quality") == 80
    assert labels_wanted(evidence, GLOBAL, "quality") == 0


def test_labels_of_an_older_card_that_do_not_say_their_cluster_correct_nothing() -> None:
    document = grouped_card(40).document()
    for judge in document["judges"]:  # type: ignore[attr-defined]
        for cohort in judge["cohorts"]:
            del cohort["clusters"]
    document["digest"] = digest.of({name: part for name, part in document.items() if name != "digest"})
    evidence = Scorecard.from_document(document)
    assert correction_of(evidence, GLOBAL, "quality") == 200
    assert labels_wanted(evidence, GLOBAL, "quality") == 0


def test_a_card_keeps_its_labelled_clusters() -> None:
    evidence = grouped_card(6, labelled=10, lost=1)
    again = Scorecard.from_document(evidence.document())
    assert (again.digest, again.judges) == (evidence.digest, evidence.judges)
    assert ("a", 10, 10.0, 0.0, 10.0, 10.0)[1:] == evidence.judges[0].cohorts[0].clusters[
        [group[0] for group in evidence.judges[0].cohorts[0].clusters].index(cluster_id("c0"))
    ][1:]
