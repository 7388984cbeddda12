"""Start an organization: the row, its founder's membership and the first event of its trail."""

from __future__ import annotations

from django.db import transaction

from apps.accounts.models import User
from apps.kernel.errors import Conflict
from apps.members import actions
from apps.tenancy import store
from apps.tenancy.acting import Door, acting
from apps.tenancy.models import Organization
from apps.tenancy.permissions import Role
from apps.tenancy.queries import as_member, as_operator
from apps.tenancy.queries import organization as organization_by


def found_organization(*, slug: str, name: str, founder: User, door: Door) -> Organization:
    """Create an organization with its first admin. Raises Conflict when the slug is taken."""
    if Organization.objects.filter(slug=slug).exists():
        raise Conflict(f"The organization '{slug}' exists already.", code="slug_taken", where={"field": "slug"})
    with transaction.atomic():
        organization = store.create_organization(slug=slug, name=name)
        membership = store.set_role(organization_id=organization.id, user=founder, role=Role.ADMIN)
        with acting(as_member(membership, door=door)):
            actions.found(organization)
    return organization


def found_from_shell(*, slug: str, operator: str) -> Organization:
    """The organization of that slug, created without members when there is none: the shell is its only door."""
    standing = organization_by(slug)
    if standing is not None:
        return standing
    with transaction.atomic():
        organization = store.create_organization(slug=slug, name=slug)
        with acting(as_operator(organization.id, operator)):
            actions.found(organization)
    return organization
