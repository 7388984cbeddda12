"""A scorecard as a row of a list."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.console.scorecard_rows import Decided, rows_of
from apps.decisions import actions as decisions
from apps.scorecards import queries as scorecards
from apps.tenancy.acting import acting
from tests.factories import runs


def test_a_row_tells_verdict_worst_cohort_and_decision(ada, story) -> None:
    with acting(ada.who):
        [row] = rows_of(story.project, list(scorecards.listed(story.project)))
    assert (row.number, row.student, row.teacher, row.dataset, row.verdict) == (
        1, "small@1", "big@1", "golden@1", "fail",
    )  # fmt: skip
    assert (row.worst, row.n, row.worst_place) == ("−100.0", "20", "plain · ExactMatch")
    assert row.cost_ratio == ""
    assert row.decision == Decided(1, "reject", True)


def test_an_override_that_waits_does_not_count(ada, project) -> None:
    rows = runs.golden_rows(40)
    verdict = runs.judged(ada.who, project, rows=rows, wrong=[row["id"] for row in rows[::2]])
    with acting(ada.who):
        decisions.record(verdict, kind="override", reason="We know and accept this loss.")
        [row] = rows_of(project, list(scorecards.listed(project)))
    assert row.decision == Decided(1, "override", False)


def test_a_card_without_a_verdict_still_has_its_figures(ada, project) -> None:
    runs.sealed(ada.who, project, wrong=["row-0000"])
    with acting(ada.who):
        [row] = rows_of(project, list(scorecards.listed(project)))
    assert (row.verdict, row.tally, row.worst, row.decision) == (None, "", "−33.3", None)


def test_the_rows_of_a_list_cost_three_questions_whatever_their_number(ada, story) -> None:
    with acting(ada.who):
        cards = list(scorecards.listed(story.project))
        with CaptureQueriesContext(connection) as queries:
            rows_of(story.project, cards)
    assert len(queries) == 3  # verdicts, decisions, their approvals
