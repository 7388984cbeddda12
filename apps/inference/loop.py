"""An event loop for many calls at once: of answers that arrive together it takes a few in each of its rounds."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque

Event = tuple[selectors.SelectorKey, int]
FEW = 8


class FewAtOnce(selectors.DefaultSelector):
    """Tells at most ``FEW`` events a time and keeps the others for the next.

    A loop looks at all that has arrived before anybody acts on any of it. Of 64 answers that come together the first
    would wait for the last, the calls that follow would leave together again, and so would all later ones.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept: deque[Event] = deque()

    def select(self, timeout: float | None = None) -> list[Event]:
        """As every selector's; a key that was changed or unregistered meanwhile is not told."""
        if not self._kept:
            self._kept.extend(super().select(timeout))
        told: list[Event] = []
        while self._kept and len(told) < FEW:
            key, events = self._kept.popleft()
            if self.get_map().get(key.fd) is key:
                told.append((key, events))
        return told


def new_event_loop() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop(FewAtOnce())
