"""One Valkey server per installation: the broker, durable to about a second, reachable on 127.0.0.1 only."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path

from distillhub.embedded import state
from distillhub.embedded.binaries import valkey_server
from distillhub.embedded.ports import LOOPBACK, free_port
from distillhub.embedded.processes import Child, ServiceFailed, living_in
from distillhub.embedded.state import ServiceState

START_LIMIT_S = 30.0
ATTEMPTS = 3
MISSES = 5


def child(current: ServiceState) -> Child:
    """The server's process."""
    return Child("valkey", Path(current.home), str(_folder(current)))


def ensure(current: ServiceState) -> ServiceState:
    """A running broker; returns the state with its port. Raises ServiceFailed."""
    process, folder = child(current), _folder(current)
    if not process.pid():
        _adopt(process, folder)
    if _answers_while(current, process):
        return current
    for _ in range(ATTEMPTS):
        _end_all(process, folder)
        current = current.on_valkey_port(free_port(current.valkey_port))
        state.write(current)
        configuration = _configure(current)
        try:
            process.start([str(valkey_server()), str(configuration)], env=os.environ, cwd=folder)
        except OSError as error:
            raise ServiceFailed(f"Valkey cannot be started: {error}") from error
        if _answers_while(current, process):
            return current
    raise process.failed("Valkey does not start")


def stop(current: ServiceState) -> bool:
    """End the broker; it writes its log to disk first. False if it was down. Raises ServiceFailed."""
    process = child(current)
    if not process.pid():
        _adopt(process, _folder(current))
    return process.stop()


def clean(current: ServiceState) -> None:
    """Delete the stopped broker's data."""
    shutil.rmtree(_folder(current), ignore_errors=True)


def _folder(current: ServiceState) -> Path:
    return Path(current.home) / "valkey"


def _adopt(process: Child, folder: Path) -> None:
    """Find the server again when its pid file was lost: two servers on one folder would ruin its log."""
    for pid in living_in(folder):
        process.adopt(pid)


def _end_all(process: Child, folder: Path) -> None:
    """End whatever still works on the folder, answering or not: a second server beside it would ruin its log."""
    process.stop()
    for pid in living_in(folder):
        process.adopt(pid)
        process.stop()


def _configure(current: ServiceState) -> Path:
    """Write the configuration; in a file because a command line would show the password to every user."""
    folder = _folder(current)
    path = folder / "valkey.conf"
    with state.private_umask():
        folder.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(
            "\n".join(
                (
                    f"bind {LOOPBACK}",
                    f"port {current.valkey_port}",
                    f"requirepass {state.password_of(current.broker_url)}",
                    f'dir "{folder}"',
                    "appendonly yes",
                    "appendfsync everysec",
                    # A broker that evicts loses messages without a word.
                    "maxmemory-policy noeviction",
                    "daemonize no",
                    # The command line must stay what it was: it is how we know our own process.
                    "set-proc-title no",
                    "",
                )
            ),
            encoding="utf-8",
        )
    return path


def _answers_while(current: ServiceState, process: Child) -> bool:
    """Whether the server answers before it dies or the limit passes."""
    deadline = time.monotonic() + START_LIMIT_S
    missed = 0
    while missed < MISSES and time.monotonic() < deadline:
        if _answers(current):
            return True
        # In the middle of its start a process can look like none for a moment.
        missed = 0 if process.pid() else missed + 1
        time.sleep(0.02)
    return False


def _answers(current: ServiceState) -> bool:
    """Whether the server accepts our password and has finished loading."""
    try:
        with socket.create_connection((LOOPBACK, current.valkey_port), timeout=2) as connection:
            connection.sendall(f"AUTH {state.password_of(current.broker_url)}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answer:
                return answer.readline() == b"+OK\r\n" and answer.readline() == b"+PONG\r\n"
    except OSError:
        return False
