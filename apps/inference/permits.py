"""How many calls are in flight to one endpoint at once; the number may change while they fly."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType


class Permits:
    """At most ``most`` at once, first come, first served: ``async with`` holds one. Lives in one event loop.

    Raises ValueError for fewer than 1, which would wait for ever; ``share`` may set 0 for a while.
    """

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError(f"a concurrency of {most} lets nothing through")
        self.most = most
        self.held = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def are_wanted(self) -> bool:
        return self.held > 0 or bool(self._waiting)

    def share(self, most: int) -> None:
        """From now on so many, 0 or more. Who holds one beyond it keeps it until he is done."""
        self.most = most
        self._wake()

    async def __aenter__(self) -> None:
        if self.held < self.most and not self._waiting:
            self.held += 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._give_back()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()

    def _give_back(self) -> None:
        self.held -= 1
        self._wake()

    def _wake(self) -> None:
        while self._waiting and self.held < self.most:
            first = self._waiting.popleft()
            if not first.done():
                self.held += 1
                first.set_result(None)
