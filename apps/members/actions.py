"""Found an organization, give roles, issue and revoke keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.audit.action import Done, action
from apps.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from apps.tenancy import keys, store
from apps.tenancy.acting import current
from apps.tenancy.models import ApiKey, Membership, Organization
from apps.tenancy.permissions import Permission, Role, Scope, of_scopes

KEY_DAYS_MAX = 365


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with its text, which is shown this once."""

    key: ApiKey
    text: str


@action("organization.founded", needs=Permission.MANAGE_MEMBERS, says="founded {organization}")
def found(organization: Organization) -> Done[Organization]:
    """Open the trail of a new organization; everything later hangs on this first event."""
    return Done(organization, organization, facts={"slug": organization.slug}, words={"organization": organization})


@action("membership.given", needs=Permission.MANAGE_MEMBERS, says="gave {user} the role {role}")
def give_role(user: User, *, role: str) -> Done[Membership]:
    """Add a member or change a role. Raises InvalidInput for an unknown role, Conflict for the last admin's fall."""
    if role not in {known.value for known in Role}:
        raise InvalidInput(
            f"'{role[:40]}' is no role. Use one of: {', '.join(known.value for known in Role)}.", code="role_unknown"
        )
    if role != Role.ADMIN:
        _keep_an_admin(user)
    membership = store.set_role(organization_id=current().organization_id, user=user, role=role)
    facts = {"user": user.email, "role": role}
    return Done(membership, membership, facts=facts, words=facts)


@action("membership.removed", needs=Permission.MANAGE_MEMBERS, says="removed {user}")
def remove(membership: Membership) -> Done[None]:
    """Take a member's role away. Raises NotFound for another organization's, Conflict for the last admin's."""
    _require_ours(membership)
    _keep_an_admin(membership.user)
    words = {"user": membership.user.email}
    done: Done[None] = Done(None, membership, facts={**words, "role": membership.role}, words=words)
    store.remove_member(membership)
    return done


@action("api_key.issued", needs=Permission.MANAGE_KEYS, says="issued the key {name} ({prefix})")
def issue_key(*, name: str, scopes: Sequence[str], days: int = 90, created_by: User | None = None) -> Done[IssuedKey]:
    """Make a key. Its scopes never reach beyond what the maker may do. Raises InvalidInput, Forbidden."""
    known = [scope.value for scope in Scope]
    wrong = [scope for scope in scopes if scope not in known]
    if wrong or not scopes:
        raise InvalidInput(f"Scopes are some of: {', '.join(known)}.", code="scope_unknown", where={"field": "scopes"})
    if not 1 <= days <= KEY_DAYS_MAX:
        raise InvalidInput(
            f"A key lives 1 to {KEY_DAYS_MAX} days, not {days}.", code="out_of_range", where={"field": "days"}
        )
    beyond = of_scopes(list(scopes)) - current().permissions
    if beyond:
        raise Forbidden(
            f"These scopes hold more than you may do: {', '.join(sorted(p.value for p in beyond))}.",
            code="scope_too_wide",
        )
    new = keys.make()
    key = store.create_key(
        organization_id=current().organization_id,
        name=name,
        new=new,
        scopes=sorted(scopes),
        created_by=created_by,
        until=timezone.now() + timedelta(days=days),
    )
    facts = {"name": name, "prefix": new.prefix, "scopes": sorted(scopes), "days": days}
    return Done(IssuedKey(key, new.text), key, facts=facts, words=facts)


@action("api_key.revoked", needs=Permission.MANAGE_KEYS, says="revoked the key {name} ({prefix})")
def revoke_key(key: ApiKey) -> Done[ApiKey]:
    """End a key; ended already, nothing happens. Raises NotFound for another organization's."""
    _require_ours(key)
    facts = {"name": key.name, "prefix": key.prefix}
    if key.revoked_at is not None:
        return Done(key, key, facts=facts, words=facts, changed=False)
    store.revoke_key(key)
    return Done(key, key, facts=facts, words=facts)


def _require_ours(row: Membership | ApiKey) -> None:
    # These tables are read before an organization is known, so no fence of the database stands around them.
    if row.organization_id != current().organization_id:
        raise NotFound("There is no such member or key here.")


def _keep_an_admin(user: User) -> None:
    admins = Membership.objects.filter(organization_id=current().organization_id, role=Role.ADMIN)
    # Locked until the commit: two admins who demote each other at once would both still see the other.
    holders = set(admins.order_by("pk").select_for_update().values_list("user_id", flat=True))
    if holders and not holders - {user.pk}:
        raise Conflict(
            "The last admin of an organization stays.", code="last_owner", fix="Give another member the role first."
        )
