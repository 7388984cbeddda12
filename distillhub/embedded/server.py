"""The product's own two processes on this machine: the Celery worker with its clock, and the web server."""

from __future__ import annotations

import hashlib
import http.client
import os
import subprocess
import sys
import time
from pathlib import Path

from distillhub.embedded import services, state
from distillhub.embedded.ports import LOOPBACK
from distillhub.embedded.processes import Child
from distillhub.embedded.state import REPOSITORY, ServiceState

START_LIMIT_S = 60.0
SOURCES = ("apps", "distillhub", "templates", "static")
SOURCE_KINDS = frozenset({".py", ".html", ".css", ".js", ".svg", ".json", ".jinja", ".txt"})
# Streams of events sleep in threads of their own beside those that pages need.
STREAMS_MAX, PAGE_THREADS = 8, 4
READY = b"ready."  # the worker's own word in its log


def worker() -> Child:
    """The Celery worker's process."""
    return Child("worker", state.home_folder(), "celery")


def web() -> Child:
    """The web server's process."""
    return Child("web", state.home_folder(), "granian")


def url(current: ServiceState) -> str:
    """Where the pages are."""
    return f"http://{LOOPBACK}:{current.web_port}/"


def ensure_worker(current: ServiceState) -> bool:
    """Start the worker unless one with this code and these addresses runs; True if it started. Raises ServiceFailed."""
    process, edition = worker(), _edition(current)
    if process.pid() and process.edition() == edition:
        return False
    process.stop()
    before = process.log.stat().st_size if process.log.exists() else 0
    command = [
        *(sys.executable, "-m", "celery", "-A", "distillhub", "worker", "-B", "-c", "2", "-l", "INFO"),
        *("-n", "distillhub@%h", "-s", str(process.pid_file.with_name("beat-schedule"))),
        # One worker has no neighbours to greet, and waiting for them takes a second.
        *("--without-mingle", "--without-gossip"),
    ]
    running = process.start(command, env=_environment(), cwd=REPOSITORY, edition=edition)
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        if running.poll() is not None:
            raise process.failed(f"the Celery worker ended with exit code {running.returncode}")
        if READY in _log_after(process.log, before):
            return True
        time.sleep(0.1)
    raise process.failed(f"the Celery worker is not ready after {START_LIMIT_S:.0f} s")


def ensure_web(current: ServiceState) -> tuple[ServiceState, bool]:
    """Start the web server likewise; the state names its port. Raises ServiceFailed."""
    process, edition = web(), _edition(current)
    if process.pid() and process.edition() == edition and _healthy(current.web_port):
        return current, False
    process.stop()
    current = services.choose_web_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"),
        *("--blocking-threads", str(STREAMS_MAX + PAGE_THREADS)),
        *("--host", LOOPBACK, "--port", str(current.web_port), "--no-ws", "--access-log"),
        "distillhub.wsgi:application",
    ]
    environment = {"DISTILLHUB_STREAMS_MAX": str(STREAMS_MAX), **_environment()}
    running = process.start(command, env=environment, cwd=REPOSITORY, edition=edition)
    _wait_for_health(process, running, current.web_port)
    return current, True


def _wait_for_health(process: Child, running: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not _healthy(port):
        if running.poll() is not None:
            raise process.failed(f"the web server ended with exit code {running.returncode}")
        if time.monotonic() > deadline:
            raise process.failed(f"the web server does not answer /healthz after {START_LIMIT_S:.0f} s")
        time.sleep(0.1)


def _healthy(port: int) -> bool:
    """Whether /healthz answers; a redirect to https or a refused host name is an answer too."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _edition(current: ServiceState) -> str:
    """A digest of the code and the addresses: a process started with others would serve yesterday's product."""
    total = hashlib.sha256(f"{current.database_url} {current.broker_url}".encode())
    for folder in SOURCES:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.suffix in SOURCE_KINDS and path.is_file():
                total.update(f"{path.relative_to(REPOSITORY)}\n".encode() + path.read_bytes())
    return total.hexdigest()


def _environment() -> dict[str, str]:
    """Our own, but never the owner role: a server that owns its tables could step around row-level security."""
    kept = {name: value for name, value in os.environ.items() if name != "DISTILLHUB_DATABASE_ROLE"}
    return {**kept, "DJANGO_SETTINGS_MODULE": "distillhub.settings", "PYTHONUNBUFFERED": "1"}


def _log_after(log: Path, position: int) -> bytes:
    with log.open("rb") as file:
        file.seek(position)
        return file.read()
