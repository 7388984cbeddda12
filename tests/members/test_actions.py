"""Roles and keys are given by those who may, told in the trail, and never wider than the giver."""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.members import actions
from apps.tenancy import queries
from apps.tenancy.acting import acting
from apps.tenancy.models import ApiKey, Membership
from apps.tenancy.permissions import Role
from tests.conftest import Person, founder, person


def roles(ada: Person) -> dict[str, str]:
    return dict(Membership.objects.filter(organization=ada.organization).values_list("user__email", "role"))


def test_a_role_is_given_and_told(ada: Person, cy: Person) -> None:
    with acting(ada.who):
        actions.give_role(cy.user, role=Role.AUDITOR)
        event = AuditEvent.objects.get(event="membership.given")
    assert roles(ada) == {"ada@acme.test": "admin", "cy@other.test": "auditor"}
    assert event.says == "gave cy@other.test the role auditor"


def test_an_unknown_role_is_refused(ada: Person, ben: Person) -> None:
    with acting(ada.who), pytest.raises(InvalidInput) as refused:
        actions.give_role(ben.user, role="owner")
    assert refused.value.code == "role_unknown"


def test_the_last_admin_stays(ada: Person, ben: Person) -> None:
    membership = Membership.objects.get(user=ada.user)
    with acting(ada.who):
        for change in (lambda: actions.give_role(ada.user, role=Role.VIEWER), lambda: actions.remove(membership)):
            with pytest.raises(Conflict) as refused:
                change()
            assert refused.value.code == "last_owner"
        actions.give_role(ben.user, role=Role.ADMIN)
        actions.give_role(ada.user, role=Role.VIEWER)
    assert roles(ada) == {"ada@acme.test": "viewer", "ben@acme.test": "admin"}


def test_two_admins_cannot_demote_each_other_at_once(committed: None) -> None:
    name = f"demote-{secrets.token_hex(4)}"
    eve = founder(f"{name}@example.test", name)
    fay = person(f"fay-{name}@example.test", eve.organization, Role.ADMIN)
    refused: list[str] = []

    def demote_eve() -> None:
        try:
            with acting(fay.who):
                actions.give_role(eve.user, role=Role.VIEWER)
        except Conflict as error:
            refused.append(error.code)
        finally:
            connection.close()

    second = threading.Thread(target=demote_eve)
    with acting(eve.who):
        actions.give_role(fay.user, role=Role.VIEWER)
        second.start()
        second.join(0.5)  # time enough to look before the commit, when nobody makes it wait
    second.join(10)
    assert refused == ["last_owner"]
    assert roles(eve) == {eve.user.email: "admin", fay.user.email: "viewer"}


def test_a_stranger_removes_no_member_and_revokes_no_key(ada: Person, ben: Person, cy: Person) -> None:
    with acting(ada.who):
        issued = actions.issue_key(name="ci", scopes=["read"])
    membership = Membership.objects.get(user=ben.user)
    with acting(cy.who):
        for change in (lambda: actions.remove(membership), lambda: actions.revoke_key(issued.key)):
            with pytest.raises(NotFound) as refused:
                change()
            assert refused.value.detail == "There is no such member or key here."
        assert AuditEvent.objects.count() == 1
    assert roles(ada) == {"ada@acme.test": "admin", "ben@acme.test": "approver"}
    assert queries.key_from_text(issued.text) == issued.key


def test_a_removed_member_is_gone_and_the_trail_remembers_her(ada: Person, ben: Person) -> None:
    with acting(ada.who):
        actions.remove(Membership.objects.get(user=ben.user))
        assert AuditEvent.objects.get(event="membership.removed").says == "removed ben@acme.test"
    assert roles(ada) == {"ada@acme.test": "admin"}


def test_a_key_is_shown_once_and_lives_as_long_as_asked(ada: Person) -> None:
    with acting(ada.who):
        issued = actions.issue_key(name="ci", scopes=["run", "read"], days=30, created_by=ada.user)
        event = AuditEvent.objects.get(event="api_key.issued")
    row = ApiKey.objects.get()
    assert queries.key_from_text(issued.text) == row
    assert row.scopes == ["read", "run"]
    assert timedelta(days=29, hours=23) < row.expires_at - timezone.now() <= timedelta(days=30)
    assert issued.text not in f"{row.__dict__}"
    assert issued.text.encode() not in bytes(event.payload)


@pytest.mark.parametrize(
    ("scopes", "days", "code"),
    [
        ([], 30, "scope_unknown"),
        (["root"], 30, "scope_unknown"),
        (["read"], 0, "out_of_range"),
        (["read"], 366, "out_of_range"),
    ],
)
def test_a_key_that_cannot_be_is_refused(ada: Person, scopes: list[str], days: int, code: str) -> None:
    with acting(ada.who), pytest.raises(InvalidInput) as refused:
        actions.issue_key(name="ci", scopes=scopes, days=days)
    assert refused.value.code == code
    assert ApiKey.objects.count() == 0


def test_nobody_issues_a_key_without_the_right(ada: Person, ben: Person) -> None:
    with acting(ben.who), pytest.raises(Forbidden):
        actions.issue_key(name="ci", scopes=["read"])


def test_a_key_cannot_issue_one_that_may_more_than_itself(ada: Person) -> None:
    with acting(ada.who):
        issued = actions.issue_key(name="root", scopes=["admin"])
    with acting(queries.as_key(issued.key)):
        with pytest.raises(Forbidden) as refused:
            actions.issue_key(name="decider", scopes=["decide"])
        actions.issue_key(name="child", scopes=["read"])
    assert refused.value.code == "scope_too_wide"


def test_a_revoked_key_opens_nothing_and_is_revoked_once(ada: Person) -> None:
    with acting(ada.who):
        issued = actions.issue_key(name="ci", scopes=["read"])
        actions.revoke_key(issued.key)
        actions.revoke_key(issued.key)
        assert AuditEvent.objects.filter(event="api_key.revoked").count() == 1
    assert queries.key_from_text(issued.text) is None


def test_a_member_gives_no_role(ada: Person, cy: Person) -> None:
    member = person("mel@acme.test", ada.organization, Role.MEMBER)
    with acting(member.who), pytest.raises(Forbidden):
        actions.give_role(cy.user, role=Role.ADMIN)
    assert "cy@other.test" not in roles(ada)
