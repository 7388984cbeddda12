"""Server-sent events for a door: look after look, each in an acting block of its own, few at a time and not long.

A stream occupies a thread of the server while it lasts, so a process carries only so many (``STREAMS_MAX``) and ends
each after ``STREAM_SECONDS``; the client comes back by itself with the id of what it saw last. Between two looks a
stream holds no transaction and no connection.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, StreamingHttpResponse

from apps.kernel.errors import DistillHubError, Unavailable
from apps.tenancy.acting import Acting, acting

logger = logging.getLogger(__name__)

MEDIA_TYPE = "text/event-stream"
LOOK_SECONDS = 1.0
# A look that takes long is followed by a longer pause, so that a stream costs the database a tenth of its time at most.
REST_PER_LOOK = 9
RETRY_AFTER_SECONDS = 10
RETRY = b"retry: 2000\n\n"
ALIVE = b":\n\n"


class StreamsBusy(Unavailable):
    """This process carries as many streams as it may; asking again and again does the same job."""

    code = "streams_busy"
    title = "No more streams just now"


@dataclass(frozen=True, slots=True)
class Look:
    """What stands now: the event's name and text. ``is_last``: nothing can come after it."""

    event: str
    text: str
    is_last: bool = False

    @property
    def id(self) -> str:
        """The same for the same text, whichever process says it: who has seen it need not be told again."""
        return hashlib.sha256(f"{self.event}\n{self.text}".encode()).hexdigest()[:16]

    def encoded(self) -> bytes:
        lines = "".join(f"data: {line}\n" for line in self.text.splitlines() or [""])
        return f"id: {self.id}\nevent: {self.event}\n{lines}\n".encode()


class Slots:
    """How many streams this process carries; ``limit`` is asked each time."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        """Raises StreamsBusy at once: nobody waits for a slot."""
        with self._lock:
            if self._taken >= self._limit():
                raise StreamsBusy(
                    f"This server process carries {self._taken} streams already.",
                    fix="Ask the address without /events every few seconds instead.",
                )
            self._taken += 1

    def give_back(self) -> None:
        with self._lock:
            self._taken -= 1


_slots = Slots(lambda: int(settings.STREAMS_MAX))


class Stream:
    """The bytes of one stream. ``close`` frees its slot, and the server calls it however the client went away."""

    def __init__(self, parts: Generator[bytes, None, None], slots: Slots) -> None:
        self._parts, self._slots, self._is_open = parts, slots, False
        slots.take()
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._parts)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._parts.close()
            self._slots.give_back()

    # Should a server drop an answer before its first byte, the slot comes back with the object.
    __del__ = close


def told(
    enter: Callable[[], Acting],
    look: Callable[[], Look],
    *,
    seen: str,
    seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[bytes, None, None]:
    """The parts of a stream, for about ``seconds``: an event for each look that differs from the one ``seen`` last."""
    until = clock() + seconds
    yield RETRY
    while True:
        begun = clock()
        now = _looked(enter, look)
        if now is None:
            return
        # Something is written even when nothing is new: only a write finds out that the client has gone.
        yield ALIVE if now.id == seen else now.encoded()
        seen = now.id
        pause = max(LOOK_SECONDS, REST_PER_LOOK * (clock() - begun))
        if now.is_last or clock() + pause > until:
            return
        sleep(pause)


def _looked(enter: Callable[[], Acting], look: Callable[[], Look]) -> Look | None:
    """None when nothing can be seen any more: asked again, the address itself says why."""
    try:
        with acting(enter()):
            return look()
    except (DistillHubError, DatabaseError) as error:
        logger.info("a stream ends early", exc_info=error)
        return None
    finally:
        if not connection.in_atomic_block:
            connection.close()


def answer(request: HttpRequest, enter: Callable[[], Acting], look: Callable[[], Look]) -> StreamingHttpResponse:
    """A stream of what ``look`` finds inside an acting block of who ``enter`` says it is, asked anew for each look.

    Whoever sends Last-Event-ID is told only what is new since. Raises StreamsBusy.
    """
    seen = request.headers.get("Last-Event-ID", "")
    parts = told(enter, look, seen=seen, seconds=float(settings.STREAM_SECONDS))
    # No proxy in between may gather the events.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(Stream(parts, _slots), content_type=MEDIA_TYPE, headers=headers)
