"""A real Celery worker for tests: its own process group, the test database, and a broker database of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from distillhub import celery_app
from distillhub.embedded import services

REPOSITORY = Path(__file__).resolve().parents[1]
READY_S = 30.0


def broker_url() -> str:
    """The embedded Valkey, in a numbered database of this test process, so that no other worker takes its messages."""
    given = os.environ.get("BROKER_URL") or services.ensure().broker_url
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return urlsplit(given)._replace(path=f"/{number}").geturl()


@contextmanager
def own_broker() -> Iterator[str]:
    """Let this process ring the same broker database as the workers it starts."""
    url, before = broker_url(), celery_app.conf.broker_url
    _turn_to(url)
    try:
        yield url
    finally:
        celery_app.control.purge()
        _turn_to(before)


def _turn_to(url: str) -> None:
    """Celery keeps its pools for the life of an application; a new broker needs new ones."""
    celery_app.conf.broker_url = url
    celery_app._pool = None
    celery_app.amqp._producer_pool = None
    if url == broker_url():
        celery_app.control.purge()


@dataclass(frozen=True, slots=True)
class Killed:
    """When a worker was killed, by the wall clock, and the local ports of the connections it had."""

    at: float
    ports: frozenset[int]


class Worker:
    """One worker process with its beat. ``kill`` is kill -9 of the whole group, as when a machine goes away."""

    def __init__(
        self, folder: Path, *, database: str, broker: str, environment: dict[str, str] | None = None, processes: int = 2
    ) -> None:
        self.log = folder / f"worker-{time.monotonic_ns()}.log"
        command = ["-m", "celery", "-A", "distillhub", "worker", "-B", "-c", str(processes), "-l", "INFO"]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    *command,
                    "-s",
                    str(self.log.with_suffix(".beat")),
                    "-n",
                    f"test-{time.monotonic_ns()}@%h",
                ],
                cwd=REPOSITORY,
                env={
                    **os.environ,
                    "DISTILLHUB_DATABASE_NAME": database,
                    "BROKER_URL": broker,
                    **(environment or {}),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + READY_S
        while " ready." not in self.log.read_text():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the worker did not start:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> Killed:
        """The group is stopped for the moment in which its connections are read, so that none is missed."""
        os.killpg(self._process.pid, signal.SIGSTOP)
        at, leader = time.time(), psutil.Process(self._process.pid)
        members = [leader, *leader.children(recursive=True)]
        ports = {one.laddr.port for member in members for one in member.net_connections("tcp") if one.laddr}
        self._end(signal.SIGKILL)
        return Killed(at, frozenset(ports))

    def stop(self) -> None:
        if self._process.poll() is None:
            self._end(signal.SIGTERM)

    def ask_to_end(self) -> int:
        """SIGTERM to every process of the worker, as systemd sends it; returns the exit code."""
        os.killpg(self._process.pid, signal.SIGTERM)
        return self._process.wait(40)

    def _end(self, how: signal.Signals) -> None:
        os.killpg(self._process.pid, how)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
