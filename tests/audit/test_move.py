"""A status moves by the table, under a lock, with its reason in the trail."""

from __future__ import annotations

import json

import pytest

from apps.audit.models import AuditEvent
from apps.audit.move import move
from apps.kernel import lifecycle
from apps.kernel.lifecycle import MoveNotAllowed
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs


def test_a_move_writes_status_columns_and_event_together(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        assert move(run, to=lifecycle.CANCELLED, because="wrong rows", finished_at=run.created_at) is True
        run.refresh_from_db()
        event = AuditEvent.objects.get(event="evalrun.moved")
    assert (run.status, run.finished_at) == (lifecycle.CANCELLED, run.created_at)
    payload = json.loads(bytes(event.payload))
    assert payload["facts"] == {"from": "PLANNED", "to": "CANCELLED"}
    assert (payload["because"], event.says) == ("wrong rows", "moved run #1 from PLANNED to CANCELLED")


def test_moving_to_where_it_stands_does_nothing(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        assert move(run, to=lifecycle.PLANNED, because="again") is False
        assert not AuditEvent.objects.filter(event="evalrun.moved").exists()


def test_a_step_that_the_table_lacks_is_refused(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        with pytest.raises(MoveNotAllowed) as refused:
            move(run, to=lifecycle.COMPLETED, because="skip")
        run.refresh_from_db()
    assert run.status == lifecycle.PLANNED
    assert refused.value.where == {"from": "PLANNED", "to": "COMPLETED"}


def test_the_row_itself_is_asked_not_the_copy_in_hand(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        stale = type(run).objects.get(pk=run.pk)
        move(run, to=lifecycle.CANCELLED, because="first", finished_at=run.created_at)
        with pytest.raises(MoveNotAllowed):
            move(stale, to=lifecycle.RUNNING, because="late")
