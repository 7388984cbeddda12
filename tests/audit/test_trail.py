"""History is written once and any later change of it shows."""

from __future__ import annotations

import json

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from apps.audit import queries
from apps.audit.models import AuditEvent
from apps.kernel import chain
from apps.projects import actions
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person


def test_each_action_writes_one_event_with_who_what_and_where(project: Project, ada: Person) -> None:
    with acting(ada.who):
        event = AuditEvent.objects.get(event="project.opened")
    assert event.actor_label == "ada@acme.test"
    assert event.door == "console"
    assert event.says == "opened the project support"
    payload = json.loads(bytes(event.payload))
    assert payload["facts"] == {"slug": "support"}
    assert payload["actor"]["role"] == "admin"
    assert payload["subject"] == {"kind": "projects.project", "id": str(project.pk)}


def test_events_are_numbered_without_gaps_and_the_chain_is_whole(project: Project, ada: Person) -> None:
    with acting(ada.who):
        actions.open_project(slug="second")
        assert list(AuditEvent.objects.order_by("sequence").values_list("sequence", flat=True)) == [0, 1, 2]
        found = queries.verify()
    assert (found.events, found.whole) == (3, True)


def test_an_action_that_fails_leaves_neither_change_nor_event(ada: Person) -> None:
    with acting(ada.who):
        before = AuditEvent.objects.count()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            actions.open_project(slug="doomed")
            raise ZeroDivisionError
        assert AuditEvent.objects.count() == before
        assert not Project.objects.filter(slug="doomed").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET says = 'nothing happened'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
        "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
    ],
)
def test_the_app_role_can_change_no_history(project: Project, ada: Person, statement: str) -> None:
    with acting(ada.who), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def links(ada: Person) -> list[chain.Link]:
    with acting(ada.who):
        for slug in ("two", "three", "four"):
            actions.open_project(slug=slug)
        rows = AuditEvent.objects.order_by("sequence").values_list("sequence", "payload", "chain")
        return [chain.Link(sequence, bytes(payload), bytes(value)) for sequence, payload, value in rows]


def test_each_event_kept_and_read_back_verifies(ada: Person) -> None:
    assert chain.verify(links(ada)).whole


def test_a_stranger_reads_no_event(project: Project, cy: Person) -> None:
    with acting(cy.who):
        assert [event.says for event in queries.events()] == ["founded other"]
