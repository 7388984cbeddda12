"""A full disk under the database: a coded answer, nothing half written; with room again the same call succeeds."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from apps.audit.models import AuditEvent
from apps.datasets.models import Dataset, DatasetVersion, Example
from apps.projects import actions as projects
from apps.tenancy.acting import acting
from distillhub.embedded import services
from distillhub.embedded.binaries import postgres_account
from tests import database
from tests.api.conftest import Rest, code_of, key_for
from tests.conftest import founder
from tests.factories.runs import golden_rows, lines

ROOM = "96m"
ROWS = 4_000


@pytest.fixture
def disk() -> Iterator[Path]:
    """A disk of its own, too small for what will be asked. Only root can make one."""
    account = postgres_account()
    if os.environ.get("DATABASE_OWNER_URL") or account is None:
        pytest.skip("needs the embedded server, started by root")
    place = Path(tempfile.mkdtemp(prefix="distillhub-disk-"))
    place.chmod(0o755)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM},mode=0700", "tmpfs", place], check=False)
    if made.returncode:
        pytest.skip("no tmpfs can be mounted here")
    os.chown(place, account.uid, account.gid)
    yield place
    subprocess.run(["umount", place], check=True)
    place.rmdir()


@pytest.fixture
def cramped(disk: Path, committed: None) -> Iterator[str]:
    """The URL of a superuser in a database on that disk, to which this process has turned."""
    name, url = f"distillhub_test_full_{uuid4().hex[:8]}", services.ensure().superuser_url
    wrapper, before = connections["default"], connections["default"].settings_dict["NAME"]
    database.fresh(name)
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute(sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(sql.Identifier(name), str(disk)))
        superuser.execute(sql.SQL("ALTER DATABASE {0} SET TABLESPACE {0}").format(sql.Identifier(name)))
    wrapper.close()
    wrapper.settings_dict["NAME"] = name
    yield psycopg.conninfo.make_conninfo(url, dbname=name)
    wrapper.close()
    wrapper.settings_dict["NAME"] = before
    database.drop(name)
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute(sql.SQL("DROP TABLESPACE {}").format(sql.Identifier(name)))


def fill(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute("CREATE TABLE filler (content text)")
        for size in (100_000, 1_000):
            with pytest.raises(psycopg.errors.DiskFull):
                while True:
                    superuser.execute(
                        "INSERT INTO filler SELECT string_agg(md5(random()::text), '') FROM generate_series(1, %s)",
                        [size // 32],
                    )


@pytest.mark.chaos
def test_a_full_disk_is_said_and_nothing_is_half_written(cramped: str) -> None:
    name = f"full-{uuid4().hex[:8]}"
    eve = founder(f"{name}@example.test", name)
    with acting(eve.who):
        projects.open_project(slug="support", name="Support bot")
    rest = Rest(key_for(eve))
    file = lines(golden_rows(ROWS))
    with acting(eve.who):
        events = AuditEvent.objects.count()
    fill(cramped)

    refused = rest.upload("/projects/support/datasets?name=golden", "golden.jsonl", file)
    assert code_of(refused) == (507, "storage_full")
    assert "Retry-After" not in refused
    with acting(eve.who):
        assert (Dataset.objects.count(), DatasetVersion.objects.count(), Example.objects.count()) == (0, 0, 0)
        assert AuditEvent.objects.count() == events
    assert rest.get("/projects/support/datasets").status_code == 200, "reading needs no room"

    with psycopg.connect(cramped, autocommit=True) as superuser:
        superuser.execute("DROP TABLE filler")
    kept = rest.upload("/projects/support/datasets?name=golden", "golden.jsonl", file)
    assert (kept.status_code, json.loads(kept.content)["example_count"]) == (201, ROWS)
