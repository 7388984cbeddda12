"""A newer scorecard is read beside an earlier one, over the rows they share."""

from __future__ import annotations

import pytest

from apps.evals.models import STUDENT, Generation, Score
from apps.gates import comparing
from apps.kernel.errors import InvalidInput
from apps.projects.models import Project
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs


def test_rows_mended_and_broken_are_named(project: Project, ada: Person) -> None:
    rows = runs.golden_rows(40)
    then = runs.judged(ada.who, project, rows=rows, wrong=["row-0001", "row-0002"]).scorecard
    now = runs.judged(ada.who, project, rows=rows, wrong=["row-0002", "row-0003"]).scorecard
    with acting(ada.who):
        found = comparing.compare(then, now)
    assert [change.key for change in found.rows.mended] == ["row-0001"]
    assert [change.key for change in found.rows.broken] == ["row-0003"]
    assert (found.rows.shared, found.then_verdict, found.now_verdict) == (40, "inconclusive", "inconclusive")
    assert found.turns[0].change_pp == 0.0


def test_a_row_that_was_edited_in_between_is_left_out(project: Project, ada: Person) -> None:
    rows = runs.golden_rows(10)
    then = runs.sealed(ada.who, project, rows=rows)
    edited = [{**rows[0], "input": "another question"}, *rows[1:]]
    now = runs.sealed(ada.who, project, rows=edited, wrong=["row-0000"])
    with acting(ada.who):
        found = comparing.compare(then, now)
    assert (found.rows.shared, found.rows.other_content, found.rows.broken) == (9, 1, ())


def test_a_row_answered_several_times_counts_by_its_mean(project: Project, ada: Person) -> None:
    """As on the card; the last answer alone would call a row mended whose student fails as often as before."""
    rows = runs.golden_rows(4)
    then, now = (runs.sealed(ada.who, project, rows=rows) for _ in range(2))
    with acting(ada.who):
        for card, first, second in ((then, 1.0, 0.0), (now, 0.0, 1.0)):
            asked_again(card, "row-0001", first, second)
        asked_again(now, "row-0002", 1.0, 0.0)
        found = comparing.compare(then, now)
    assert found.rows.mended == ()
    assert [(change.key, change.then, change.now) for change in found.rows.broken] == [("row-0002", 1.0, 0.5)]


def asked_again(card: Scorecard, key: str, first: float, second: float) -> None:
    """The student's answer to a row gets these scores, the second one in a repeat of its own."""
    answer = Generation.objects.get(run=card.run, role=STUDENT, example__key=key)
    score = answer.scores.get()
    Score.objects.filter(pk=score.pk).update(value=first)
    again = Generation.objects.create(
        run=card.run, example=answer.example, role=STUDENT, repeat=1, output="again", finish_reason="stop"
    )
    Score.objects.create(generation=again, evaluator=score.evaluator, value=second)


def test_a_card_is_not_compared_with_itself(project: Project, ada: Person) -> None:
    card = runs.sealed(ada.who, project)
    with acting(ada.who), pytest.raises(InvalidInput) as refused:
        comparing.compare(card, card)
    assert refused.value.code == "same_card"
