"""P-01 whole, and P-10: workers are killed and so is their Postgres, or it is restarted; nothing is lost or doubled.

The Postgres is a private one of the test: no other test waits for it. FULL=1 runs the numbers of reliability.md.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connections

from apps.kernel import lifecycle
from distillhub.embedded import postgres, state
from distillhub.embedded.state import DATABASE, ServiceState
from tests import chaos, web_server
from tests.api.conftest import key_for
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
    rows, kills, ends, places, latency_s = (2000, 50, 3, 12, 1.2) if FULL else (300, 2, 1, 6, 0.3)
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


def test_restarts_and_cut_connections_lose_nothing_and_the_api_says_come_again(
    server: ServiceState, tmp_path: Path
) -> None:
    """P-10: Postgres is restarted, then every connection is cut again and again; the API answers 503, never 500."""
    rows, restarts, cuts, pause_s = (1500, 5, 30, 2.0) if FULL else (300, 1, 4, 0.5)
    name = f"chaos-{uuid4().hex[:8]}"
    eve = founder(f"{name}@example.test", name)
    private = {"DATABASE_URL": server.database_url, "DISTILLHUB_OUTBOUND_ALLOW": "127.0.0.1:*"}
    with (
        own_broker() as broker,
        upstream.serving(chaos.right, latency_s=0.3) as served,
        chaos.hiring(tmp_path, database=DATABASE, broker=broker, **private) as hire,
        web_server.serving(DATABASE, environment=private) as url,
    ):
        run = chaos.start(eve, served.base_url, rows, concurrency=6)
        headers = {"Authorization": f"Bearer {key_for(eve)}"}
        with asking(f"{url}/api/v1/projects/chaos/runs/1/progress", headers) as asked:
            for _ in range(2):
                hire()
            chaos.until(lambda: patiently(lambda: chaos.answered(eve, run)) >= 12, seconds=60)
            back_s = []
            for _ in range(restarts):
                assert postgres.stop(server)
                chaos.until(lambda: asked[-1].status == 503, seconds=30, says=lambda: asked[-3:])
                postgres.ensure(server)
                begun = time.monotonic()
                chaos.until(lambda: asked[-1].status == 200, seconds=30, says=lambda: asked[-3:])
                back_s.append(time.monotonic() - begun)
            gone = 0
            for _ in range(cuts):
                gone += cut(server)
                time.sleep(pause_s)
            chaos.until(
                lambda: patiently(lambda: chaos.state(eve, run)) == lifecycle.COMPLETED,
                seconds=900 if FULL else 120,
                says=lambda: patiently(lambda: chaos.answered(eve, run)),
            )
        found = chaos.hold_the_account(eve, run, served, rows)
    told = Counter(one.status for one in asked)
    print(
        f"P-10: {restarts} restarts, back after {max(back_s):.1f} s at most; {gone} connections cut in {cuts} rounds; "
        f"the API answered {dict(told)}; {found}"
    )
    assert set(told) == {200, 503}
    assert all(one.retry_after for one in asked if one.status == 503)
    assert gone >= cuts
    assert found["faults"] == 0
    if FULL:
        assert max(back_s) <= 5


@dataclass(frozen=True, slots=True)
class Asked:
    status: int
    retry_after: str | None


@contextmanager
def asking(address: str, headers: dict[str, str]) -> Iterator[list[Asked]]:
    """A client that never stops asking, and what it was told; the first answer is waited for."""
    told: list[Asked] = []
    over = threading.Event()

    def ask() -> None:
        with httpx.Client(headers=headers, timeout=30) as client:
            while not over.is_set():
                answer = client.get(address)
                told.append(Asked(answer.status_code, answer.headers.get("Retry-After")))
                time.sleep(0.05)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        chaos.until(lambda: bool(told), seconds=30)
        yield told
    finally:
        over.set()
        thread.join()


def cut(running: ServiceState) -> int:
    """Every connection of the application is ended by the server; how many."""
    with psycopg.connect(running.database_url, autocommit=True) as session:
        ended = session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE usename = current_user AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(ended.fetchall())
