"""Sealing is a task of its own, rung by the run's end and again by the sweeper."""

from __future__ import annotations

import pytest

from apps.evals import coordinate
from apps.projects.models import Project
from apps.scorecards import tasks
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.test_tasks import rung
from tests.factories import runs

__all__ = ["rung"]


@pytest.fixture
def completed(project: Project, ada: Person) -> runs.EvalRun:
    with acting(ada.who):
        run = runs.started(project)
    coordinate.work(ada.who, run.id, seconds=60)
    return run


def test_sealing_rings_the_gate_that_the_run_names(
    completed: runs.EvalRun, ada: Person, rung: list, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.seal(str(ada.organization.id), str(completed.id))
    with acting(ada.who):
        card = Scorecard.objects.get()
    assert rung == [("gates.decide", str(ada.organization.id), str(card.id))]


def test_the_sweeper_rings_for_a_run_without_a_card(
    completed: runs.EvalRun, ada: Person, rung: list, django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.ring()
    assert ("scorecards.seal", str(ada.organization.id), str(completed.id)) in rung
