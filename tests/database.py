"""A database for the tests: a template migrated once per set of migrations, copied for each test process."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import OperationalError
from psycopg import sql

from distillhub.embedded import services, state

REPOSITORY = Path(__file__).resolve().parents[1]
VACUUM_S = 30.0


def owner_url() -> str:
    """The migrating role's URL: from the environment, else from the embedded services, started when down."""
    return os.environ.get("DATABASE_OWNER_URL") or services.ensure().database_owner_url


def fresh(name: str) -> None:
    """Create ``name`` as a copy of the migrated template, replacing an old one."""
    with _connection() as connection:
        template = _template(connection)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )


def full_disk(words: str) -> OperationalError:
    """What Django raises for a statement that found no room."""
    error = OperationalError(words)
    error.__cause__ = psycopg.errors.DiskFull(words)
    return error


def drop(name: str) -> None:
    """A vacuum that Postgres runs by itself belongs to its superuser, so nobody else may end it: it is waited for."""
    until = time.monotonic() + VACUUM_S
    with _connection() as connection:
        while True:
            try:
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
                return
            except psycopg.errors.InsufficientPrivilege:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


def _template(connection: psycopg.Connection) -> str:
    operations = [REPOSITORY / "apps/tenancy/fence.py", REPOSITORY / "apps/evals/tallying.py"]
    files = [*sorted((REPOSITORY / "apps").glob("*/migrations/0*.py")), *operations]
    content = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    name = f"distillhub_template_{content}"
    with (state.home_folder() / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            making = f"{name}_making"
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(making)))
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
            _migrate(making)
            connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (making, name))))
    return name


def _migrate(name: str) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "distillhub.settings",
        "DISTILLHUB_DATABASE_ROLE": "owner",
        "DISTILLHUB_DATABASE_NAME": name,
        "PYTHONPATH": str(REPOSITORY),
    }
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--skip-checks", "--verbosity", "0"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"migrating the test template failed:\n{done.stderr[-2000:]}")


def _connection() -> psycopg.Connection:
    parts = urlsplit(owner_url())
    maintenance = parts._replace(path="/postgres").geturl()
    return psycopg.connect(maintenance, autocommit=True)
