"""Permits of a rate, fetched from the board in small blocks and given out one by one at their time."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from apps.inference.board import CREDIT_S, Board, Rates
from apps.kernel.chat import ChatRequest, estimated_usage

# A block is what goes through in this time, so that little is lost when it is not used up.
BLOCK_S = 0.02
LARGEST_BLOCK = 64
# A permit that waited longer is void: what was not called then is not called later on top.
KEPT_S = CREDIT_S
# How much an answer counts of the mean: the last twenty or so make it.
WEIGHT = 0.05


class Rate:
    """Calls and tokens a minute of one endpoint, over all workers. Lives in one event loop.

    Tokens are reserved by an estimate (the request's, and the mean of the answers so far); what an answer really used
    is put right with the next reservation.
    """

    def __init__(self, key: str, board: Board, rates: Rates) -> None:
        self._key, self._board, self._rates = key, board, rates
        self._is_limited = rates.requests is not None or rates.tokens is not None
        # Without a limit of tokens their number matters to nobody.
        self._block = 1 if rates.requests is None else max(1, min(LARGEST_BLOCK, int(rates.requests / 60 * BLOCK_S)))
        self._ready: deque[tuple[float, int]] = deque()
        self._fetching = asyncio.Lock()
        self._answer_tokens: float | None = None
        self._correction = 0

    async def take(self, request: ChatRequest) -> int:
        """Wait for a permit; returns the tokens reserved with it, 0 where they are not limited."""
        if not self._is_limited:
            return 0
        async with self._fetching:
            at, tokens = await self._next(request)
        wait = at - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        return tokens

    def used(self, reserved: int, tokens: int | None) -> None:
        """What the call really used, None where nobody knows: then the reservation stands."""
        if self._rates.tokens is None or tokens is None:
            return
        self._correction += tokens - reserved

    def learn(self, output_tokens: int) -> None:
        """An answer's length, for the next estimate."""
        before = self._answer_tokens
        self._answer_tokens = output_tokens if before is None else before + WEIGHT * (output_tokens - before)

    async def _next(self, request: ChatRequest) -> tuple[float, int]:
        while self._ready:
            at, tokens = self._ready.popleft()
            if time.monotonic() <= at + KEPT_S:
                return at, tokens
            self._correction -= tokens
        each = self._estimate(request) if self._rates.tokens else 0
        correction, self._correction = self._correction, 0
        by_calls, by_tokens = await self._board.reserve(
            self._key, self._rates, calls=self._block, tokens=each * self._block, correction=correction
        )
        now = time.monotonic()
        for number in range(self._block):
            call_at = by_calls + number * _step_s(self._rates.requests)
            token_at = by_tokens + number * each * _step_s(self._rates.tokens)
            # Beyond the first of a quiet time the credit lets a block go at once.
            self._ready.append((now + max(call_at if by_calls else 0.0, token_at if by_tokens else 0.0), each))
        return self._ready.popleft()

    def _estimate(self, request: ChatRequest) -> int:
        usage = estimated_usage(request.messages, request.given or "")
        asked = usage.input_tokens + usage.output_tokens
        if self._answer_tokens is not None and request.given is None:
            return asked + round(self._answer_tokens)
        most = next((request.parameters[name] for name in LIMITS if name in request.parameters), 0)
        return asked + (most if isinstance(most, int) and most > 0 else 0)


# How the dialects name the longest answer that a version allows.
LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")


def _step_s(per_minute: int | None) -> float:
    return 0.0 if per_minute is None else 60.0 / per_minute
