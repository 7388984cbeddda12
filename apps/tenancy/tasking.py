"""Celery with an organization in hand: every task names it first, and a message leaves only when its rows are in."""

from __future__ import annotations

import logging
import mmap
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from celery import current_app, shared_task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

# Sweepers belong to no organization: they walk all of them and enqueue one task each.
SWEEPERS: set[str] = set()
TENANT_TASKS: set[str] = set()
# One byte that a worker shares with the children it forks: set while it shuts down in good order.
_STOPPING = mmap.mmap(-1, 1)


def task(name: str) -> Callable[[Callable[..., None]], Any]:
    """Register ``work(organization_id: UUID, *ids: str)`` under ``name``. It must be harmless when delivered twice."""

    def register(work: Callable[..., None]) -> Any:
        TENANT_TASKS.add(name)

        def run(organization_id: str, *ids: str) -> None:
            work(UUID(organization_id), *ids)

        return shared_task(name=name)(run)

    return register


def sweeper(name: str) -> Callable[[Callable[[], None]], Any]:
    """Register ``work()``, called by the timetable, that walks all organizations."""

    def register(work: Callable[[], None]) -> Any:
        SWEEPERS.add(name)
        return shared_task(name=name)(work)

    return register


def enqueue(name: str, organization_id: UUID, *ids: object) -> None:
    """Ring a task by name once the present transaction has committed."""
    arguments = [str(organization_id), *(str(identifier) for identifier in ids)]
    transaction.on_commit(lambda: _send(name, arguments))


def _send(name: str, arguments: list[str]) -> None:
    try:
        current_app.send_task(name, args=arguments)
    except (OperationalError, ConnectionError, OSError):
        # The rows are the truth and the timetable rings again from them: a lost message costs seconds, not work.
        logger.warning("broker away; %s will be rung again from its rows", name)


def stop() -> None:
    """Ask the tasks of this worker that take long to come to an end."""
    _STOPPING[0] = 1


def is_stopping() -> bool:
    return bool(_STOPPING[0])


@contextmanager
def ending_in_order() -> Iterator[None]:
    """While this block runs, a first SIGTERM only asks it to end; a second one ends the process as always.

    For a process that gets the signal itself, as every one of a service's does from systemd.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)

    def ask(*_: object) -> None:
        stop()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    signal.signal(signal.SIGTERM, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
