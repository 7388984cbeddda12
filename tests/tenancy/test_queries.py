"""Who somebody is, before any block is open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.kernel.errors import NotFound
from apps.tenancy import keys, queries, store
from apps.tenancy.acting import Door
from apps.tenancy.permissions import Permission, Role
from tests.conftest import Person, person


def key_text(ada: Person, **changes: object) -> str:
    new = keys.make()
    row = store.create_key(
        organization_id=ada.organization.id, name="ci", new=new, scopes=["read"], created_by=ada.user,
        until=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    return new.text


def test_a_member_acts_with_her_role(ada: Person) -> None:
    who = queries.as_person(ada.user, "acme", door=Door.CONSOLE, request_id="req-12345")
    assert (who.actor.label, who.actor.role, who.request_id) == ("ada@acme.test", "admin", "req-12345")
    assert who.permissions == frozenset(Permission)


def test_a_stranger_and_a_slug_that_is_none_read_alike(ada: Person, cy: Person) -> None:
    for slug in ("acme", "nothing"):
        with pytest.raises(NotFound) as refused:
            queries.as_person(cy.user, slug, door=Door.CONSOLE)
        assert refused.value.detail == f"There is no organization '{slug}' here."


def test_a_person_of_two_organizations_chooses(ada: Person, cy: Person) -> None:
    store.set_role(organization_id=cy.organization.id, user=ada.user, role=Role.VIEWER)
    assert [row.organization.slug for row in queries.memberships_of(ada.user)] == ["acme", "other"]
    assert queries.as_person(ada.user, "other", door=Door.CONSOLE).permissions == {Permission.VIEW}


def test_a_live_key_is_found_and_acts_with_its_scopes(ada: Person) -> None:
    key = queries.key_from_text(key_text(ada))
    assert key is not None
    who = queries.as_key(key)
    assert (who.organization_id, who.actor.kind, who.permissions) == (
        ada.organization.id, "api_key", frozenset({Permission.VIEW}),
    )  # fmt: skip


def test_revoked_expired_wrong_and_unknown_keys_look_alike(ada: Person) -> None:
    now = timezone.now()
    assert queries.key_from_text(key_text(ada, revoked_at=now)) is None
    assert queries.key_from_text(key_text(ada, expires_at=now - timedelta(seconds=1))) is None
    assert queries.key_from_text(key_text(ada)[:-1] + "!") is None
    assert queries.key_from_text(keys.make().text) is None
    assert queries.key_from_text("Bearer nonsense") is None


def test_keys_and_members_are_listed_for_one_organization_only(ada: Person, cy: Person) -> None:
    key_text(ada)
    person("ben@acme.test", ada.organization, Role.APPROVER)
    assert [row.user.email for row in queries.members(ada.organization.id)] == ["ada@acme.test", "ben@acme.test"]
    assert queries.keys_of(ada.organization.id).count() == 1
    assert queries.keys_of(cy.organization.id).count() == 0


def test_machines_and_operators_never_decide(ada: Person) -> None:
    for who in (queries.as_machine(ada.organization.id, "worker"), queries.as_operator(ada.organization.id, "root")):
        assert Permission.DECIDE not in who.permissions
    assert queries.as_operator(ada.organization.id, "root").actor.label == "root at the shell"


def test_sweepers_walk_every_organization(ada: Person, cy: Person) -> None:
    assert {ada.organization.id, cy.organization.id} <= set(queries.every_organization_id())
