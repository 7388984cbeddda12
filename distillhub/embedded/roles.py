"""The two database roles and what each may do (reliability: the server's role owns nothing and bypasses nothing)."""

from __future__ import annotations

import psycopg
from psycopg import sql

from distillhub.embedded.state import APP, DATABASE, OWNER, ServiceState, password_of

# Raise this number when the statements below change: the next start applies them to standing servers.
EDITION = "1"

_SCHEMA = """
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT USAGE ON SCHEMA public TO {app};
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app};
    ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT USAGE, SELECT ON SEQUENCES TO {app};
"""


def prepare(state: ServiceState) -> None:
    """Create roles, database and default privileges; safe to repeat. Raises psycopg.Error."""
    with psycopg.connect(state.superuser_url, autocommit=True) as connection:
        _login(connection, OWNER, state.database_owner_url, may_create_databases=True)
        _login(connection, APP, state.database_url, may_create_databases=False)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(_named("CREATE DATABASE {database} OWNER {owner}"))
        connection.execute(_named("REVOKE ALL ON DATABASE {database} FROM PUBLIC"))
        connection.execute(_named("GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}"))
    # template1 too: databases made later (the tests' own) must give the app role the same rights and no more.
    for name in (DATABASE, "template1"):
        with psycopg.connect(state.superuser_url, dbname=name, autocommit=True) as connection:
            connection.execute(_named(_SCHEMA))


def _login(connection: psycopg.Connection, role: str, url: str, *, may_create_databases: bool) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    connection.execute(
        sql.SQL(
            "ALTER ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION NOINHERIT {} PASSWORD {}"
        ).format(
            sql.Identifier(role),
            sql.SQL("CREATEDB" if may_create_databases else "NOCREATEDB"),
            sql.Literal(password_of(url)),
        )
    )


def _named(statement: str) -> sql.Composed:
    return sql.SQL(statement).format(
        owner=sql.Identifier(OWNER), app=sql.Identifier(APP), database=sql.Identifier(DATABASE)
    )
