"""A client that asks nobody: the methods, refusals and faults of the real one, with answers by rule.

tests/fakes/test_provider.py holds it against the real client, so that what passes here is what passes there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from apps.inference import errors, outbound
from apps.inference.client import Address, Answer
from apps.inference.ledger import Ended, Ledger, Stopped
from apps.inference.permits import Permits
from apps.kernel.chat import ChatRequest, Completion, estimated_usage


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule's answer where the call is to fail, by a code of apps/inference/errors.py."""

    code: str


Rule = Callable[[ChatRequest], str | Completion | Fault]


class CalledInsideActing(AssertionError):
    """A model was called while a database transaction was open: load, think, store."""


@dataclass
class FakeClient:
    """``rule`` answers each request. ``is_acting`` says whether an acting block is open: then no model may be called.

    ``asked`` keeps what was asked, ``most_in_flight`` how many calls ran at once at the most.
    """

    rule: Rule
    allow: Sequence[str] = ()
    is_acting: Callable[[], bool] = lambda: False
    latency_ms: float = 12.5
    asked: list[tuple[Address, ChatRequest]] = field(default_factory=list)
    most_in_flight: int = 0
    _in_flight: int = 0
    _permits: dict[str, Permits] = field(default_factory=dict)
    _is_open: bool = False

    async def __aenter__(self) -> Self:
        self._is_open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_open = False

    async def complete(
        self, address: Address, request: ChatRequest, *, deadline_s: float, ledger: Ledger | None = None
    ) -> Answer:
        """As Client.complete, at once: a deadline passes only where the rule says so."""
        if self.is_acting():
            raise CalledInsideActing(f"{request.model} was called inside an acting block")
        credential = address.credential or ""
        if not credential.isascii() or not credential.isprintable() or " " in credential:
            return Answer(None, errors.CREDENTIAL, None, 0)
        if not self._is_open:
            raise RuntimeError("use the client as `async with FakeClient(...)`")
        async with self._permits.setdefault(address.key or address.base_url, Permits(address.concurrency)):
            try:
                ticket = None if ledger is None else await ledger.open(request, 1)
            except Stopped as stopped:
                return Answer(None, stopped.code, None, 0)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
            # Whoever waits beside this call gets his turn, as he would while a wire is slow.
            await asyncio.sleep(0)
            self._in_flight -= 1
            answer = self._answer(address, request)
            if ledger is not None:
                status = None if answer.fault else 200
                ended = Ended(answer.fault, answer.completion, answer.latency_ms or self.latency_ms, None, status)
                await ledger.close(ticket, ended)
            return answer

    def _answer(self, address: Address, request: ChatRequest) -> Answer:
        try:
            outbound.check_url(address.base_url, allow=self.allow)
        except outbound.AddressBlocked:
            return Answer(None, errors.ADDRESS_BLOCKED if self.allow else errors.UNREACHABLE, None, 1)
        self.asked.append((address, request))
        given = self.rule(request)
        if isinstance(given, Fault):
            return Answer(None, given.code, None, 1)
        if isinstance(given, str):
            given = Completion(given, "stop", estimated_usage(request.messages, given), model=request.model)
        return Answer(given, None, self.latency_ms, 1)
