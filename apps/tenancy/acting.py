"""The one thread through the house: who acts, for which organization, through which door.

``acting(who)`` opens a transaction and tells Postgres the organization with ``SET LOCAL``, so that row-level security
and the fail-closed managers see only its rows. Outside the block there is no organization and no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction

from apps.kernel.errors import Forbidden
from apps.tenancy.permissions import Permission

SETTING = "distillhub.organization_id"


class Door(StrEnum):
    CONSOLE = "console"
    API = "api"
    ADMIN = "admin"
    WORKER = "worker"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (``user``), a key (``api_key``) or one of our own processes (``machine``)."""

    kind: str
    id: str
    label: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Acting:
    actor: Actor
    organization_id: UUID
    door: Door
    permissions: frozenset[Permission]
    request_id: str = ""


class NotActing(RuntimeError):
    """Tenant data was touched outside an acting block: a mistake in our code, never a user's."""


class AlreadyActing(RuntimeError):
    """An acting block for one organization was opened inside another's: a mistake in our code."""


_current: ContextVar[Acting | None] = ContextVar("acting", default=None)


def current() -> Acting:
    """Who acts now; raises NotActing outside a block."""
    who = _current.get()
    if who is None:
        raise NotActing("tenant data is reachable only inside `with acting(...)`")
    return who


def is_acting() -> bool:
    return _current.get() is not None


def require(permission: Permission) -> None:
    """Raise Forbidden unless the present actor holds the permission."""
    who = current()
    if permission not in who.permissions:
        raise Forbidden(
            f"{who.actor.label} may not do this: the permission '{permission.value}' is missing.",
            code="permission_missing",
            where={"permission": permission.value, "role": who.actor.role},
            fix="Ask an admin of the organization for a role or a key scope that holds it.",
        )


@contextmanager
def acting(who: Acting) -> Iterator[Acting]:
    """Act for one organization inside one transaction. The same organization nests; another one raises."""
    outer = _current.get()
    if outer is not None:
        if outer.organization_id != who.organization_id:
            raise AlreadyActing(f"already acting for {outer.organization_id}")
        yield outer
        return
    inside_transaction = connection.in_atomic_block
    with transaction.atomic():
        _tell_postgres(str(who.organization_id))
        token = _current.set(who)
        try:
            yield who
        finally:
            _current.reset(token)
        if inside_transaction:
            # Releasing a savepoint keeps SET LOCAL for the rest of the outer transaction; take it back by hand.
            _tell_postgres("")


def _tell_postgres(organization_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, organization_id])
