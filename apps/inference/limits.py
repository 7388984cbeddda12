"""How many calls are in flight to one address at once."""

from __future__ import annotations

import asyncio


class Limits:
    """One semaphore an address, shared by whoever is given this object. Lives in one event loop."""

    def __init__(self) -> None:
        self._semaphores: dict[str, asyncio.Semaphore] = {}

    def of(self, base_url: str, *, concurrency: int) -> asyncio.Semaphore:
        """The address's semaphore; the first caller's ``concurrency`` (1 or more) holds for all.

        Raises ValueError for a concurrency below 1, which would wait for ever.
        """
        if concurrency < 1:
            raise ValueError(f"a concurrency of {concurrency} lets nothing through")
        return self._semaphores.setdefault(base_url, asyncio.Semaphore(concurrency))
