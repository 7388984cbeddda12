"""Plain writes under the audited verbs."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.tenancy import keys, store
from apps.tenancy.models import ApiKey, Membership
from tests.conftest import Person


def made(ada: Person) -> ApiKey:
    until = timezone.now() + timedelta(days=1)
    return store.create_key(
        organization_id=ada.organization.id, name="ci", new=keys.make(), scopes=["read"], created_by=None, until=until
    )


def test_a_role_given_again_replaces_the_old_one(ada: Person) -> None:
    store.set_role(organization_id=ada.organization.id, user=ada.user, role="viewer")
    assert [row.role for row in Membership.objects.filter(user=ada.user)] == ["viewer"]


def test_a_use_is_written_once_a_minute(ada: Person) -> None:
    key = made(ada)
    store.note_use(key)
    first = ApiKey.objects.get(pk=key.pk).last_used_at
    key.refresh_from_db()
    store.note_use(key)
    assert ApiKey.objects.get(pk=key.pk).last_used_at == first
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=first - timedelta(minutes=2))
    key.refresh_from_db()
    store.note_use(key)
    assert ApiKey.objects.get(pk=key.pk).last_used_at >= first


def test_a_revoked_key_has_its_time(ada: Person) -> None:
    key = made(ada)
    store.revoke_key(key)
    assert ApiKey.objects.get(pk=key.pk).revoked_at <= timezone.now()


def test_a_removed_member_is_gone_and_nobody_else(ada: Person, ben: Person) -> None:
    store.remove_member(Membership.objects.get(user=ben.user))
    assert set(Membership.objects.values_list("user__email", flat=True)) == {"ada@acme.test"}
