"""Plain writes to organizations, memberships and keys. The audited verbs over them are in ``members.actions``."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import User
from apps.tenancy import keys
from apps.tenancy.models import ApiKey, Membership, Organization

USED_RESOLUTION = timedelta(minutes=1)


def create_organization(*, slug: str, name: str) -> Organization:
    return Organization.objects.create(slug=slug, name=name)


def set_role(*, organization_id: UUID, user: User, role: str) -> Membership:
    membership, _ = Membership.objects.update_or_create(
        organization_id=organization_id, user=user, defaults={"role": role}
    )
    return membership


def remove_member(membership: Membership) -> None:
    membership.delete()


def create_key(
    *, organization_id: UUID, name: str, new: keys.NewKey, scopes: list[str], created_by: User | None, until: datetime
) -> ApiKey:
    return ApiKey.objects.create(
        organization_id=organization_id,
        name=name,
        prefix=new.prefix,
        digest=new.digest,
        scopes=scopes,
        created_by=created_by,
        expires_at=until,
    )


def revoke_key(key: ApiKey) -> None:
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])


def note_use(key: ApiKey) -> None:
    """Remember the use to the minute: one write a minute, not one a request."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_RESOLUTION:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
