"""Planting comes before the seal: rung by it, going on until nothing is left, then ringing it again."""

from __future__ import annotations

import pytest

from apps.labels import coordinate, tasks
from apps.projects.models import Project
from apps.scorecards import tasks as scorecard_tasks
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.test_tasks import rung
from tests.factories import labels

__all__ = ["rung"]


def test_the_seal_waits_for_planted_answers(
    project: Project, ada: Person, rung: list, django_capture_on_commit_callbacks: object
) -> None:
    run = labels.judged_run(ada.who, project)
    organization = str(ada.organization.id)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        scorecard_tasks.seal(organization, str(run.id))
    assert rung == [("labels.plant", organization, str(run.id))]
    with acting(ada.who):
        assert Scorecard.objects.count() == 0
    coordinate.plant(ada.who, run.id, client_of=labels.client_of(labels.honest))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.plant(organization, str(run.id))
        scorecard_tasks.seal(organization, str(run.id))
    with acting(ada.who):
        card = Scorecard.objects.get()
    assert rung[1:] == [("scorecards.seal", organization, str(run.id)), ("gates.decide", organization, str(card.id))]


@pytest.mark.parametrize(
    ("left", "rings"), [("some", ["labels.plant"]), ("held", []), ("nothing", ["scorecards.seal"])]
)
def test_it_rings_for_what_is_to_come(
    project: Project,
    ada: Person,
    rung: list,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: object,
    left: str,
    rings: list[str],
) -> None:
    monkeypatch.setattr(coordinate, "plant", lambda who, run_id: left)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tasks.plant(str(ada.organization.id), str(project.id))
    assert [name for name, *_ in rung] == rings
