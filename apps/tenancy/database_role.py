"""May this database session bypass row-level security? Looked up in the session itself, not in our settings."""

from __future__ import annotations

from django.db import DatabaseError, connection


def bypasses() -> list[str]:
    """The reasons why the present login could see through the fence; empty when it cannot.

    ``session_user`` is asked as well as ``current_user``: SET ROLE can be undone, a login cannot.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname IN (session_user, current_user)"
        )
        return [
            f"role {name} {'is a superuser' if is_super else 'has BYPASSRLS'}"
            for name, is_super, bypass in cursor.fetchall()
            if is_super or bypass
        ]


class RoleCanBypass(RuntimeError):
    """This process would see every tenant's rows; it must not start."""


def refuse() -> None:
    """Raise RoleCanBypass where the login could see through the fence. A database that is away is asked at its return

    by readiness; nothing is served before it answers.
    """
    try:
        found = bypasses()
    except DatabaseError:
        return
    if found:
        raise RoleCanBypass(
            f"Refusing to start: {'; '.join(found)}. Log in as a plain role (NOSUPERUSER NOBYPASSRLS), "
            "such as distillhub_app."
        )
