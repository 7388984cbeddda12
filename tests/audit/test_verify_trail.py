"""Whoever rewrites history with the highest rights is found at the very position."""

from __future__ import annotations

import io
import secrets
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import call_command

from apps.projects import actions
from apps.tenancy.acting import acting
from distillhub.embedded import services
from tests.conftest import Person, founder


@pytest.fixture
def eve(committed: None) -> Person:
    name = f"trail-{secrets.token_hex(4)}"
    eve = founder(f"{name}@example.test", name)
    with acting(eve.who):
        for slug in ("one", "two", "three", "four"):
            actions.open_project(slug=slug)
    return eve


def verdict(eve: Person) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("verify_trail", organization=eve.organization.slug, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def as_superuser(database_name: str, statement: str, *parameters: object) -> None:
    """Past the triggers and the grants, as only the server's own superuser can."""
    url = urlsplit(services.ensure().superuser_url)._replace(path=f"/{database_name}").geturl()
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        changed = connection.execute(statement, parameters)
        assert changed.rowcount > 0


def test_an_untouched_trail_is_whole(eve: Person) -> None:
    code, told = verdict(eve)
    assert code == 0
    assert told.startswith(f"{eve.organization.slug}: 5 events, chain whole, head ")


TAMPERED: dict[str, tuple[str, int]] = {
    "an edited event": (
        "UPDATE audit_auditevent SET payload = payload || ' '::bytea WHERE organization_id = %s AND sequence = 2", 2,
    ),
    "an edited link": (
        "UPDATE audit_auditevent SET chain = sha256('x') WHERE organization_id = %s AND sequence = 3", 3,
    ),
    "a deleted event": ("DELETE FROM audit_auditevent WHERE organization_id = %s AND sequence = 1", 1),
    "a moved event": (
        "UPDATE audit_auditevent SET sequence = 9 WHERE organization_id = %s AND sequence = 4", 4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", sorted(TAMPERED))
def test_what_a_superuser_changed_is_found(eve: Person, database_name: str, how: str) -> None:
    statement, position = TAMPERED[how]
    as_superuser(database_name, statement, eve.organization.id)
    code, told = verdict(eve)
    assert code == 1
    assert f"BROKEN at position {position}" in told


SHOWN: dict[str, str] = {
    "at": "at - interval '1 day'",
    "event": "'project.closed'",
    "actor_kind": "'machine'",
    "actor_id": "'0'",
    "actor_label": "'mallory@example.test'",
    "door": "'admin'",
    "request_id": "'req_of_somebody_else'",
    "subject_kind": "'registry.model'",
    "subject_id": "'0'",
    "says": "'nothing happened'",
}


@pytest.mark.parametrize("column", sorted(SHOWN))
def test_a_column_that_tells_another_story_than_its_event_is_found(
    eve: Person, database_name: str, column: str
) -> None:
    """People read the columns; the chain is over the text beside them."""
    statement = f"UPDATE audit_auditevent SET {column} = {SHOWN[column]} WHERE organization_id = %s AND sequence = 2"
    as_superuser(database_name, statement, eve.organization.id)
    code, told = verdict(eve)
    assert code == 1
    assert "BROKEN at position 2" in told


def test_an_event_that_is_no_text_any_more_is_found(eve: Person, database_name: str) -> None:
    statement = "UPDATE audit_auditevent SET payload = '[]' WHERE organization_id = %s AND sequence = 2"
    as_superuser(database_name, statement, eve.organization.id)
    assert "BROKEN at position 2" in verdict(eve)[1]


def test_an_organization_that_is_whole_is_not_blamed_for_another(eve: Person, database_name: str) -> None:
    name = f"trail-{secrets.token_hex(4)}"
    other = founder(f"{name}@example.test", name)
    as_superuser(
        database_name, "DELETE FROM audit_auditevent WHERE organization_id = %s AND sequence = 0", eve.organization.id
    )
    assert (verdict(eve)[0], verdict(other)[0]) == (1, 0)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_trail", stdout=out)
    told = out.getvalue().splitlines()
    assert f"{eve.organization.slug}: BROKEN at position 0: position 0 is missing; found 1" in told
    assert [line for line in told if line.startswith(f"{name}: 1 events, chain whole")]


def test_two_events_that_changed_places_are_found(eve: Person, database_name: str) -> None:
    for before, after in ((2, 99), (3, 2), (99, 3)):
        statement = "UPDATE audit_auditevent SET sequence = %s WHERE organization_id = %s AND sequence = %s"
        as_superuser(database_name, statement, after, eve.organization.id, before)
    assert "BROKEN at position 2" in verdict(eve)[1]
