"""Whose turn it is at an endpoint: a place among the calls in flight, an open gate, and a permit of its rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from apps.inference import errors
from apps.inference.board import OPEN, PROBE_EVERY_S, Board, Gate, Rates
from apps.inference.ledger import Ended
from apps.inference.permits import Permits
from apps.inference.rates import Rate
from apps.kernel.chat import ChatRequest

# So many calls failing in a row, with no answer between, close the gate.
FAULTS_IN_A_ROW = 5
# A closed gate is looked at so often at the least, so that its opening is not missed for long.
LOOK_EVERY_S = 0.5


class ClosedTooLong(Exception):
    """The endpoint stayed closed beyond the caller's patience. ``code`` is the fault that it closed for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a call waits for a closed endpoint: one that asks us to slow down, and one that fails."""

    slowed_s: float = 900.0
    failing_s: float = 120.0

    def with_(self, fault: str) -> float:
        return self.slowed_s if fault == errors.RATE_LIMITED else self.failing_s


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave to send one attempt, with so many tokens reserved.

    ``is_probe``: the endpoint is closed, for ``closed_for_s`` by now, and this call looks whether it is back.
    """

    is_probe: bool
    tokens: int
    closed_for_s: float = 0.0


class Turn:
    """The turns at one endpoint in this process; what other workers do comes from the board."""

    def __init__(self, key: str, member: str, board: Board, *, concurrency: int, rates: Rates) -> None:
        self.permits = Permits(concurrency)
        self._key, self._member, self._board = key, member, board
        self._concurrency = concurrency
        self._rate = Rate(key, board, rates)
        self._in_a_row = 0
        self._closed_for: str | None = None  # the fault, while the gate is closed
        self._reopened = asyncio.Event()
        self._looking = asyncio.Lock()
        # What is told and what is asked keep their order, so that nobody slips through a gate that is just closing.
        self._telling = asyncio.Lock()
        self._met: asyncio.Task[None] | None = None
        self._is_alone = True
        self.last_used = 0.0

    @asynccontextmanager
    async def enter(self, request: ChatRequest, patience: Patience) -> AsyncIterator[Pass]:
        """Hold a place while one attempt is made. None of the waits here is the answer's. Raises ClosedTooLong."""
        self.last_used = time.monotonic()
        if self._met is None:
            self._met = asyncio.ensure_future(self.beat())
        if not self._met.done():
            await asyncio.shield(self._met)
        async with self.permits:
            gate = OPEN if self._closed_for is None else await self._pass_gate(patience)
            yield Pass(gate.is_probe, await self._rate.take(request), gate.closed_for_s)

    async def heard(self, passed: Pass, ended: Ended, asked_wait_s: float | None) -> None:
        """Learn from how an attempt ended; may close or open the gate for everybody."""
        usage = ended.completion.usage if ended.completion else None
        self._rate.used(passed.tokens, None if usage is None else usage.input_tokens + usage.output_tokens)
        if usage:
            self._rate.learn(usage.output_tokens)
        fault = ended.fault
        if fault is not None and fault in errors.RETRYABLE:
            self._in_a_row += 1
            if passed.is_probe or asked_wait_s or self._in_a_row >= FAULTS_IN_A_ROW:
                self._close(fault)
                async with self._telling:
                    await self._board.close(self._key, wait_s=max(asked_wait_s or 0.0, PROBE_EVERY_S), fault=fault)
        elif fault != errors.DEADLINE:
            # Whatever else it says, it answers.
            self._in_a_row = 0
            if passed.is_probe:
                async with self._telling:
                    await self._board.open(self._key)
                    self._open()

    def unused(self, passed: Pass) -> None:
        """Nothing was sent after all."""
        self._rate.used(passed.tokens, 0)

    async def beat(self) -> None:
        """Tell the board that this worker calls here, and take its part of the places."""
        async with self._telling:
            seen = await self._board.beat(
                self._key, self._member, concurrency=self._concurrency, held=self.permits.held
            )
            if seen.is_closed and self._closed_for is None:
                self._close(errors.FAILED)
            elif not seen.is_closed and self._closed_for is not None:
                self._open()
        self._is_alone = seen.workers == 1
        self.permits.share(seen.places)

    async def leave(self) -> None:
        self._met = None
        await self._board.leave(self._key, self._member)

    async def rest(self) -> None:
        """Leave where nobody else calls; among others keep the part, for the client that follows under this name."""
        if self._is_alone:
            await self.leave()

    def _close(self, fault: str) -> None:
        self._closed_for = fault
        self._reopened.clear()

    def _open(self) -> None:
        self._closed_for, self._in_a_row = None, 0
        self._reopened.set()

    async def _pass_gate(self, patience: Patience) -> Gate:
        """Wait at the closed gate until it is open, or this is a probe. One looks, the others wait behind him."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(max(patience.slowed_s, patience.failing_s)):
                async with self._looking:
                    return await self._look(patience, began)
        except TimeoutError:
            raise ClosedTooLong(self._closed_for or errors.FAILED) from None

    async def _look(self, patience: Patience, began: float) -> Gate:
        while self._closed_for is not None:
            async with self._telling:
                gate = await self._board.ask(self._key)
                if gate.is_open:
                    self._open()
                    return gate
            self._closed_for = gate.fault or self._closed_for
            if gate.is_probe:
                return gate
            bound = patience.with_(self._closed_for)
            waited = time.monotonic() - began
            if gate.closed_for_s > bound or waited + gate.wait_s > bound:
                raise ClosedTooLong(self._closed_for)
            try:
                async with asyncio.timeout(min(gate.wait_s, LOOK_EVERY_S)):
                    await self._reopened.wait()
            except TimeoutError:
                pass
        return OPEN
