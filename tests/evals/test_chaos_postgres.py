"""P-01 whole: workers are killed and so is their Postgres, and the run loses and doubles nothing.

The Postgres is a private one of the test: no other test waits for it. FULL=1 runs the numbers of reliability.md.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError, connections

from apps.kernel import lifecycle
from distillhub.embedded import postgres, state
from distillhub.embedded.state import DATABASE, ServiceState
from tests import chaos
from tests.conftest import founder
from tests.database import REPOSITORY
from tests.fakes import upstream
from tests.worker import own_broker

FULL = bool(os.environ.get("FULL"))
pytestmark = pytest.mark.chaos


@pytest.fixture
def server(tmp_path: Path, committed: None) -> Iterator[ServiceState]:
    """A Postgres of the test's own, migrated, which this process uses until the test is over."""
    running = postgres.ensure(state.fresh(tmp_path / "home"))
    try:
        _migrate(running)
        connection = connections["default"]
        connection.close()
        before = dict(connection.settings_dict)
        connection.settings_dict.update(
            NAME=DATABASE, HOST="127.0.0.1", PORT=str(running.postgres_port), USER=state.APP,
            PASSWORD=state.password_of(running.database_url),
        )  # fmt: skip
        try:
            yield running
        finally:
            connection.close()
            connection.settings_dict.update(before)
    finally:
        postgres.stop(running)
        postgres.clean(running)


def _migrate(running: ServiceState) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": running.database_url,
        "DATABASE_OWNER_URL": running.database_owner_url,
        "DISTILLHUB_DATABASE_ROLE": "owner",
    }
    command = [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity", "0"]
    subprocess.run(command, env=environment, cwd=REPOSITORY, check=True)


def kill(running: ServiceState) -> float:
    """kill -9 of the postmaster, and a start on what it left; returns the seconds until it answers again."""
    begun, pid = time.monotonic(), postgres.child(running).pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    again = postgres.ensure(running)
    assert again.postgres_port == running.postgres_port
    return time.monotonic() - begun


def patiently(read: Callable[[], str]) -> str:
    """This process too has to ask again when its connection went with the server."""
    until = time.monotonic() + 30
    while True:
        try:
            return read()
        except (OperationalError, InterfaceError):
            connections["default"].close()
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_killed_workers_and_a_killed_database_lose_and_double_nothing(server: ServiceState, tmp_path: Path) -> None:
    """P-01: workers that live wait for the database and keep what they have; of the dead, others take over."""
    seed = int(os.environ.get("SEED") or random.randrange(10**6))
    rows, kills, ends, places, latency_s = (2000, 50, 3, 12, 1.2) if FULL else (300, 2, 1, 6, 0.05)
    dice, flaky, killed, away = random.Random(seed), random.Random(seed + 1), [], []

    def rule(request: dict) -> str | int:
        return flaky.choice((429, 500)) if flaky.random() < 0.08 else chaos.right(request)

    name = f"chaos-{uuid4().hex[:8]}"
    eve = founder(f"{name}@example.test", name)
    private = {"DATABASE_URL": server.database_url, "DISTILLHUB_OUTBOUND_ALLOW": "127.0.0.1:*"}
    with (
        own_broker() as broker,
        upstream.serving(rule, latency_s=latency_s) as served,
        chaos.hiring(tmp_path, database=DATABASE, broker=broker, **private) as hire,
    ):
        team = [hire() for _ in range(3 if FULL else 2)]
        run = chaos.start(eve, served.base_url, rows, concurrency=places)
        # The database goes first and then now and again, in between the workers.
        order = ["postgres", *dice.sample(["postgres"] * (ends - 1) + ["worker"] * kills, kills + ends - 1)]
        chaos.until(lambda: chaos.answered(eve, run) >= 2 * places, seconds=60)
        for what in order:
            if patiently(lambda: chaos.state(eve, run)) not in (lifecycle.PLANNED, lifecycle.RUNNING):
                break
            if what == "postgres":
                away.append(kill(server))
            else:
                number = dice.randrange(len(team))
                killed.append(team[number].kill())
                team[number] = hire()
            time.sleep(dice.uniform(0.2, 0.8))
        chaos.until(
            lambda: patiently(lambda: chaos.state(eve, run)) == lifecycle.COMPLETED,
            seconds=900 if FULL else 120,
            says=lambda: chaos.answered(eve, run),
        )
        found, told = chaos.hold_the_account(eve, run, served, rows), chaos.bill(eve, run, served, killed)
    outages = ", ".join(f"{one:.1f}" for one in away)
    print(f"P-01 with Postgres, seed {seed}: Postgres killed {len(away)} times, away {outages} s; {told}; {found}")
    assert (len(away), len(killed)) == (ends, kills)
    assert found["faults"] == 0
    assert told.again == found["again"]
