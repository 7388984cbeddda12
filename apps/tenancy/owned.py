"""The base of every tenant table: an organization stamped from the acting block, and a manager that fails closed."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import models

from apps.tenancy.acting import current
from apps.tenancy.ids import new_id, public_id
from apps.tenancy.models import Organization


def acting_organization_id() -> UUID:
    return current().organization_id


class OwnedManager(models.Manager[Any]):
    """Only the acting organization's rows; NotActing outside a block."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(organization_id=acting_organization_id())


class OwnedForeignKey(models.ForeignKey):
    """A reference to another tenant table. ``Fence`` makes it a composite key over the organization as well,

    so that Postgres refuses a link into a stranger's rows; the plain constraint would accept it.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)


def organization_key(*, is_indexed: bool = True) -> models.ForeignKey:
    """The organization of a row.

    Large tables that are looked up row by row go without an index on it alone: the fence's key of organization and id
    serves as well, while the planner reads all rows of an organization that is new to its statistics by the other.
    """
    return models.ForeignKey(
        Organization, on_delete=models.PROTECT, default=acting_organization_id, editable=False, related_name="+",
        db_index=is_indexed,
    )  # fmt: skip


class OrganizationOwned(models.Model):
    """A row that belongs to one organization."""

    ID_PREFIX: ClassVar[str] = "obj"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = organization_key()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnedManager()

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        return public_id(self.ID_PREFIX, self.id)
