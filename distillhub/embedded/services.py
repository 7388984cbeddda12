"""Postgres and Valkey together: ensure, stop, clean, status. One caller at a time per home folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from distillhub.embedded import postgres, state, valkey
from distillhub.embedded.ports import free_port
from distillhub.embedded.state import ServiceState

WEB_PORT = 8000


def ensure() -> ServiceState:
    """Start what is down, reuse what stands. Services named by DATABASE_URL and BROKER_URL are never started.

    Raises ServiceFailed and StateUnreadable.
    """
    own_database, own_broker = not os.environ.get("DATABASE_URL"), not os.environ.get("BROKER_URL")
    home = state.home_folder()
    if not own_database and not own_broker:
        return _with_environment(state.read(home) or state.fresh(home))
    with locked(home):
        current = state.read(home)
        if current is None:
            current = state.fresh(home)
            _end(current)  # servers whose passwords are lost, for instance a deleted clone's at the same place
            state.write(current)
        if own_database:
            current = postgres.ensure(current)
        if own_broker:
            current = valkey.ensure(current)
        return _with_environment(current)


def stop() -> tuple[str, ...]:
    """End both; returns the names of those that ran. Raises ServiceFailed."""
    home = state.home_folder()
    with locked(home):
        return _end(_known(home))


def clean() -> None:
    """End both and delete their data and the state file, even a damaged one. Raises ServiceFailed."""
    home = state.home_folder()
    with locked(home):
        current = _known(home)
        _end(current)
        valkey.clean(current)
        for one in _databases(current):
            postgres.clean(one)
        state.remove(home)


def choose_web_port() -> ServiceState:
    """The state with a web port nobody listens on: the last one, else 8000, else any; and it is remembered."""
    home = state.home_folder()
    with locked(home):
        current = state.read(home) or state.fresh(home)
        current = replace(current, web_port=free_port(current.web_port, WEB_PORT))
        state.write(current)
        return _with_environment(current)


def status() -> dict[str, int | None]:
    """The process id of each service, None where it is down."""
    current = state.read()
    return {
        "postgres": postgres.child(current).pid() if current else None,
        "valkey": valkey.child(current).pid() if current else None,
    }


def _known(home: Path) -> ServiceState:
    """The state, or one that at least names the folders."""
    try:
        return state.read(home) or state.fresh(home)
    except state.StateDamaged:
        return state.fresh(home)


def _databases(current: ServiceState) -> list[ServiceState]:
    """The state once for each data folder that this home has or had."""
    folders = {Path(current.postgres_folder), *state.postgres_folders(Path(current.home))}
    return [replace(current, postgres_folder=str(folder)) for folder in sorted(folders)]


def _end(current: ServiceState) -> tuple[str, ...]:
    ended = ["valkey"] if valkey.stop(current) else []
    stopped = [postgres.stop(one) for one in _databases(current)]
    return (*ended, "postgres") if any(stopped) else tuple(ended)


@contextmanager
def locked(home: Path, name: str = "services") -> Iterator[None]:
    """Hold one of the home folder's locks; the system drops it with the process, however that ends."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / f"{name}.lock").open("w")
    except PermissionError as error:
        raise state.not_ours(home) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _with_environment(current: ServiceState) -> ServiceState:
    """The state with the addresses that the environment gives instead."""
    database = os.environ.get("DATABASE_URL")
    if database:
        owner = os.environ.get("DATABASE_OWNER_URL") or database
        current = replace(current, database_url=database, database_owner_url=owner)
    broker = os.environ.get("BROKER_URL")
    return replace(current, broker_url=broker) if broker else current
