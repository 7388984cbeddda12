"""An organization begins with its first admin and the first event of its trail, or not at all."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.kernel.errors import Conflict
from apps.members.founding import found_from_shell, found_organization
from apps.tenancy.acting import Door, acting
from apps.tenancy.models import Organization
from apps.tenancy.queries import as_machine
from tests.conftest import Person


def test_the_trail_begins_with_the_founding(ada: Person) -> None:
    with acting(ada.who):
        first = AuditEvent.objects.get(sequence=0)
    assert (first.event, first.says, first.actor_label) == ("organization.founded", "founded acme", "ada@acme.test")


def test_a_taken_slug_founds_nothing(ada: Person) -> None:
    stranger = User.objects.create_user("eve@else.test", "a long test password")
    with pytest.raises(Conflict) as refused:
        found_organization(slug="acme", name="Acme", founder=stranger, door=Door.COMMAND)
    assert refused.value.code == "slug_taken"
    assert not stranger.memberships.exists()


def test_the_shell_founds_once_and_finds_again(db: None) -> None:
    first, second = (found_from_shell(slug="local", operator="root") for _ in range(2))
    assert first.pk == second.pk
    assert Organization.objects.filter(slug="local").count() == 1
    with acting(as_machine(first.id, "test")):
        assert [event.actor_label for event in AuditEvent.objects.all()] == ["root at the shell"]
