"""Work that nobody at the other side waits for, behind what is to be sent: one piece a round of the event loop."""

from __future__ import annotations

import asyncio
from collections import deque


class Background:
    """Answers that arrive together would be read one after the other while no new call goes out.

    Whoever awaits ``turn`` lets everything go first that is ready to run now; of those who wait, one goes on in each
    round of the loop, first come, first served, so that sockets are looked at in between. Lives in one event loop.
    """

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def turn(self) -> None:
        """Return when it is this caller's turn."""
        loop = asyncio.get_running_loop()
        mine: asyncio.Future[None] = loop.create_future()
        self._waiting.append(mine)
        if len(self._waiting) == 1:
            # Two rounds: whoever is woken now wakes others, whose calls go out in the second.
            loop.call_soon(loop.call_soon, self._next)
        await mine

    def _next(self) -> None:
        first = self._waiting.popleft()
        if not first.done():
            first.set_result(None)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next)
