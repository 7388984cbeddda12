"""What workers tell one another about an endpoint: who calls it, when the next call may go, and whether it is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

# One call a second asks whether an endpoint that failed is back.
PROBE_EVERY_S = 1.0
# So much of a rate may go at once after a quiet time; more would let a minute through twice.
CREDIT_S = 0.1


@dataclass(frozen=True, slots=True)
class Rates:
    """Calls and tokens a minute, None without a limit."""

    requests: int | None
    tokens: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """An endpoint as one worker sees it: how many calls it may have in flight, how many workers call, is it closed?"""

    places: int
    workers: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """An endpoint's gate. ``is_probe``: closed, but this one call may go and look. Else ask again after ``wait_s``.

    ``closed_for_s`` counts since it closed; ``fault`` is what it last closed for.
    """

    is_open: bool
    is_probe: bool = False
    wait_s: float = 0.0
    closed_for_s: float = 0.0
    fault: str = ""


OPEN = Gate(True)


class Board(Protocol):
    """Keys are endpoints' keys. None of it raises for a store that is away."""

    async def beat(self, key: str, member: str, *, concurrency: int, held: int) -> Seen:
        """Say that this worker calls the endpoint, with ``held`` calls in flight, and hear its places.

        Those of all workers together are ``concurrency`` at the most: what others still hold beyond their part is
        theirs until its calls have ended. To be said again within 3 seconds.
        """

    async def leave(self, key: str, member: str) -> None:
        """This worker calls it no longer."""

    async def reserve(self, key: str, rates: Rates, *, calls: int, tokens: int, correction: int) -> tuple[float, float]:
        """Take the next ``calls`` and ``tokens`` of the rates: seconds until the first call by each of the two.

        ``correction``: tokens that earlier calls used beyond what was reserved, below 0 for fewer.
        """

    async def ask(self, key: str) -> Gate:
        """May a call go? At most one a second is a probe while the gate is closed."""

    async def close(self, key: str, *, wait_s: float, fault: str) -> None:
        """Close the gate, or keep it closed, for ``wait_s`` at least."""

    async def open(self, key: str) -> None:
        """The endpoint answered."""


@dataclass(slots=True)
class _Closed:
    since: float
    next_probe: float
    fault: str


class LocalBoard:
    """A board of one process. ``now`` is a clock in seconds that never goes back.

    ``workers`` says how many share the limits without being seen here: each takes its part of the rates.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._next: dict[tuple[str, str], float] = {}
        self._closed: dict[str, _Closed] = {}
        self.workers: dict[str, int] = {}

    async def beat(self, key: str, member: str, *, concurrency: int, held: int) -> Seen:
        workers = self.workers.get(key, 1)
        return Seen(-(-concurrency // workers), workers, key in self._closed)

    async def leave(self, key: str, member: str) -> None:
        """Nobody else is here to know."""

    async def reserve(self, key: str, rates: Rates, *, calls: int, tokens: int, correction: int) -> tuple[float, float]:
        by_calls = self._take((key, "calls"), rates.requests, calls, 0)
        return by_calls, self._take((key, "tokens"), rates.tokens, tokens, correction)

    async def ask(self, key: str) -> Gate:
        closed, now = self._closed.get(key), self._now()
        if closed is None:
            return OPEN
        is_probe = now >= closed.next_probe
        if is_probe:
            closed.next_probe = now + PROBE_EVERY_S
        return Gate(False, is_probe, max(0.0, closed.next_probe - now), now - closed.since, closed.fault)

    async def close(self, key: str, *, wait_s: float, fault: str) -> None:
        now, before = self._now(), self._closed.get(key)
        next_probe = max(now + wait_s, before.next_probe if before else now)
        self._closed[key] = _Closed(before.since if before else now, next_probe, fault)

    async def open(self, key: str) -> None:
        self._closed.pop(key, None)

    def _take(self, name: tuple[str, str], per_minute: int | None, amount: int, correction: int) -> float:
        if per_minute is None:
            return 0.0
        now, step_s = self._now(), 60.0 / per_minute * self.workers.get(name[0], 1)
        first = max(self._next.get(name, 0.0) + correction * step_s, now - CREDIT_S)
        self._next[name] = first + amount * step_s
        return max(0.0, first - now)
