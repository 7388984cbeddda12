"""Who somebody is to an organization, answered before any acting block is open."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.kernel.errors import NotFound
from apps.tenancy import keys, permissions
from apps.tenancy.acting import Acting, Actor, Door
from apps.tenancy.models import ApiKey, Membership, Organization


def memberships_of(user: User) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user).select_related("organization").order_by("organization__slug")


def members(organization_id: UUID) -> QuerySet[Membership]:
    return Membership.objects.filter(organization_id=organization_id).select_related("user").order_by("user__email")


def keys_of(organization_id: UUID) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(organization_id=organization_id).order_by("-created_at")


def key(organization_id: UUID, prefix: str) -> ApiKey:
    """A key of this organization by its prefix. Raises NotFound."""
    found = keys_of(organization_id).filter(prefix=prefix).first()
    if found is None:
        raise NotFound(f"There is no key '{prefix[:20]}' here.")
    return found


def every_organization_id() -> list[UUID]:
    """For sweepers, which walk the organizations and act for each in turn."""
    return list(Organization.objects.order_by("created_at").values_list("id", flat=True))


def membership(user: User, organization_slug: str) -> Membership:
    """The person's membership. NotFound when there is none: a stranger cannot tell what exists."""
    found = memberships_of(user).filter(organization__slug=organization_slug).first()
    if found is None:
        raise NotFound(f"There is no organization '{organization_slug[:60]}' here.")
    return found


def as_person(user: User, organization_slug: str, *, door: Door, request_id: str = "") -> Acting:
    """The person acting for an organization. Raises NotFound."""
    return as_member(membership(user, organization_slug), door=door, request_id=request_id)


def as_member(membership: Membership, *, door: Door, request_id: str = "") -> Acting:
    user = membership.user
    return Acting(
        actor=Actor(kind="user", id=str(user.pk), label=user.email, role=membership.role),
        organization_id=membership.organization_id,
        door=door,
        permissions=permissions.of_role(membership.role),
        request_id=request_id,
    )


def key_from_text(text: str) -> ApiKey | None:
    """The live key that this text is, or None: unknown, wrong, revoked and expired look alike here."""
    prefix = keys.prefix_of(text)
    if prefix is None:
        return None
    key = ApiKey.objects.filter(prefix=prefix).select_related("organization").first()
    if key is None or not keys.matches(text, key.digest):
        return None
    return key if key.revoked_at is None and key.expires_at > timezone.now() else None


def live_key(identifier: UUID) -> ApiKey | None:
    """A key that came in before, if it still opens anything."""
    return ApiKey.objects.filter(pk=identifier, revoked_at__isnull=True, expires_at__gt=timezone.now()).first()


def as_key(key: ApiKey, *, request_id: str = "") -> Acting:
    return Acting(
        actor=Actor(kind="api_key", id=key.prefix, label=f"key {key.name} ({key.prefix})", role=",".join(key.scopes)),
        organization_id=key.organization_id,
        door=Door.API,
        permissions=permissions.of_scopes(key.scopes),
        request_id=request_id,
    )


def as_machine(organization_id: UUID, name: str, *, door: Door = Door.WORKER, request_id: str = "") -> Acting:
    """One of our own processes acting for an organization. It runs and scores; it never decides."""
    return Acting(
        actor=Actor(kind="machine", id=name, label=name, role="machine"),
        organization_id=organization_id,
        door=door,
        permissions=permissions.MACHINE_PERMISSIONS,
        request_id=request_id,
    )


def as_operator(organization_id: UUID, name: str) -> Acting:
    """Somebody at the server's own shell, known by the name of the system's user."""
    return Acting(
        actor=Actor(kind="operator", id=name, label=f"{name} at the shell", role="operator"),
        organization_id=organization_id,
        door=Door.COMMAND,
        permissions=permissions.OPERATOR_PERMISSIONS,
    )


def organization(slug: str) -> Organization | None:
    return Organization.objects.filter(slug=slug).first()
