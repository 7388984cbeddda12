"""Where the event loop lays down what is to be written, and the thread that holds the database picks it up."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from apps.evals.execute.work import Answered, Judged, Lease, Measured
from apps.inference.ledger import Stopped


@dataclass(frozen=True, slots=True)
class Opening:
    """An attempt that is to be durable before it is sent."""

    id: UUID
    lease: Lease
    example_id: str
    role: str
    repeat: int
    evaluator: str
    number: int
    request_digest: str
    body: bytes | None
    worst_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Closing:
    """How an attempt ended and what it cost."""

    id: UUID
    outcome: str
    status: int | None
    latency_ms: float | None
    cost_usd: Decimal
    unconfirmed_usd: Decimal
    broken_at: int | None = None


@dataclass(slots=True)
class Bundle:
    """What is written in one transaction."""

    openings: list[Opening] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    answers: list[tuple[Lease, Answered]] = field(default_factory=list)
    judgements: list[tuple[Lease, Judged]] = field(default_factory=list)
    measurements: list[tuple[Lease, Measured]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.openings or self.closings or self.answers or self.judgements or self.measurements)


class Desk:
    """Between two threads. The loop's side never waits for the database but where it opens an attempt.

    ``halted`` is the code of why nothing more may be sent, None while work goes on. ``sent`` holds the loop's tasks
    whose request is on its way: those are waited for, others can be ended at once.
    """

    def __init__(self) -> None:
        self.halted: str | None = None
        self.sent: set[asyncio.Task[None] | None] = set()
        self._bundle = Bundle()
        self._waiting: dict[UUID, asyncio.Future[None]] = {}
        self._lock = threading.Lock()
        self._arrived = threading.Event()

    async def opened(self, opening: Opening) -> None:
        """Return once the attempt is durable. Raises Stopped where it was refused."""
        if self.halted is not None:
            raise Stopped(self.halted)
        future = asyncio.get_running_loop().create_future()
        with self._lock:
            self._bundle.openings.append(opening)
            self._waiting[opening.id] = future
        self._arrived.set()
        await future

    def closed(self, closing: Closing) -> None:
        with self._lock:
            self._bundle.closings.append(closing)
        self._arrived.set()

    def finished(self, lease: Lease, result: Answered | Judged | Measured) -> None:
        with self._lock:
            if isinstance(result, Answered):
                self._bundle.answers.append((lease, result))
            elif isinstance(result, Measured):
                self._bundle.measurements.append((lease, result))
            else:
                self._bundle.judgements.append((lease, result))
        self._arrived.set()

    def ring(self) -> None:
        """Wake the thread that waits in ``take``."""
        self._arrived.set()

    def take(self, *, wait_s: float, group_s: float) -> Bundle:
        """Everything laid down so far; waits for the first of it, and ``group_s`` more for others to join."""
        if self._arrived.wait(wait_s):
            time.sleep(group_s)
        with self._lock:
            self._arrived.clear()
            taken, self._bundle = self._bundle, Bundle()
        return taken

    def put_back(self, openings: Sequence[Opening]) -> None:
        """Attempts that do not fit yet: asked for again with the next bundle."""
        with self._lock:
            self._bundle.openings[:0] = openings

    def settle(self, verdicts: Mapping[UUID, str | None], loop: asyncio.AbstractEventLoop) -> None:
        """Tell the waiting calls: None lets one go, a code stops it."""
        if not verdicts:
            return
        try:
            loop.call_soon_threadsafe(self._settle, verdicts)
        except RuntimeError:
            pass  # The loop has ended, and with it whoever waited.

    def _settle(self, verdicts: Mapping[UUID, str | None]) -> None:
        for identifier, code in verdicts.items():
            future = self._waiting.pop(identifier, None)
            if future is None or future.done():
                continue
            if code is None:
                future.set_result(None)
            else:
                future.set_exception(Stopped(code))
