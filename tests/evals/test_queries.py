"""Runs are found by number or id, and progress is told from rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.move import move
from apps.evals import coordinate, queries
from apps.evals.models import Batch
from apps.evals.progress import progress
from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.store.test_leases import claimed
from tests.factories import runs


def test_a_run_is_found_by_number_and_by_id(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        assert (
            queries.run(project, 1).pk
            == queries.run(project, "1").pk
            == queries.run(project, run.public_id).pk
            == run.pk
        )


@pytest.mark.parametrize("reference", ["2", "0", "x", "run_00", "run_" + "0" * 32, "99999999999999999999", "", "\x00"])
def test_anything_else_is_not_found(project: Project, ada: Person, reference: str) -> None:
    with acting(ada.who):
        runs.started(project)
        with pytest.raises(NotFound):
            queries.run(project, reference)


def test_progress_counts_answers_scores_and_spend_without_reading_an_answer(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        run.refresh_from_db()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            found = progress(run)
    assert len(asked) == 4, "tallies, pulses, batches, and the suite's entries"
    assert not [one["sql"] for one in asked if "evals_generation" in one["sql"] or "evals_score" in one["sql"]]
    assert (found.answered, found.planned_answers, found.scored, found.missing) == (12, 12, 12, 0)
    assert (found.unpriced_answers, found.share_done, found.is_final, found.seconds_left) == (12, 1.0, True, None)


def test_a_run_not_begun_has_nothing_to_project(project: Project, ada: Person) -> None:
    with acting(ada.who):
        found = progress(runs.started(project))
    assert (found.share_done, found.projected_usd, found.seconds_left) == (0.0, None, None)


def test_a_run_waits_while_a_batch_is_free_and_when_its_end_is_undeclared(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        assert queries.waiting() == [(run.id, "answering")]
        claimed(run)
        move(run, to="RUNNING", because="test")
        assert queries.waiting() == []
        Batch.objects.update(is_done=True)
        assert queries.waiting() == [(run.id, "answering")]
    coordinate.work(ada.who, run.id, seconds=1)
    with acting(ada.who):
        assert queries.waiting() == []


def test_who_answered_and_the_next_run_with_the_same_teacher(project: Project, ada: Person) -> None:
    first = runs.sealed(ada.who, project).run
    with acting(ada.who):
        assert queries.answered_by(first, "teacher") == {"recorded"}
        assert queries.newest_with_teacher(first) is None
    second = runs.sealed(ada.who, project, wrong=["row-0001"]).run
    with acting(ada.who):
        assert queries.newest_with_teacher(first) == second
        assert queries.newest_with_teacher(second) is None
