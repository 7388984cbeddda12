"""Ask a model and get an answer: a completion or the code of a fault, with its latency and attempts."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from apps.inference import errors, outbound
from apps.inference.background import Background
from apps.inference.board import Board, LocalBoard, Rates
from apps.inference.ledger import Ended, Ledger, Stopped
from apps.inference.providers import catalogue
from apps.inference.retry import RetryPolicy
from apps.inference.turns import ClosedTooLong, Pass, Patience, Turn
from apps.inference.valkey_board import ValkeyBoard, is_store
from apps.inference.wire import ANSWER_BYTES, Pauses, Place, Reply, Unread, Wire, place_of
from apps.kernel.chat import ChatRequest, Completion

__all__ = ["ANSWER_BYTES", "Address", "Answer", "Client", "body_of", "request_digest", "scoring_request"]

# How often a worker tells the others that it calls an endpoint, and for how long after its last call.
BEAT_S = 0.5
ACTIVE_S = 2.0
LOOK_AGAIN_S = 0.05
# An id that an answer repeats tells of mixed-up connections only where it is too long to be met twice by chance.
UNIQUE_ID_LENGTH = 16
IDS_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is called: base URL (the dialect's path comes behind it), credential, and how many calls at once.

    ``key`` is the endpoint's stable id, over which limits are shared; the base URL where it is empty.
    """

    base_url: str
    credential: str | None = None
    concurrency: int = 4
    key: str = ""
    dialect: str = catalogue.DEFAULT
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    def __repr__(self) -> str:
        # A credential must not reach a traceback or a log.
        return f"Address({self.base_url!r}, credential={'set' if self.credential else None})"


@dataclass(frozen=True, slots=True)
class Answer:
    """``completion`` or ``fault``. ``latency_ms`` is that of the answering attempt; waits and retries stand apart.

    ``attempts`` counts what was sent. ``first_token_ms`` is None where the answer was not read as a stream.
    """

    completion: Completion | None
    fault: str | None
    latency_ms: float | None
    attempts: int
    first_token_ms: float | None = None


@dataclass(slots=True)
class _Known:
    """What is made once for an address."""

    place: Place
    turn: Turn
    is_credential_usable: bool
    # By answer id, the body that it answered.
    answered: OrderedDict[str, int] = field(default_factory=OrderedDict)


@dataclass(slots=True)
class _Call:
    """One call on its way. ``left_s`` is what is left of its deadline: waits for its turn do not use it up."""

    known: _Known
    request: ChatRequest
    body: bytes
    ledger: Ledger | None
    left_s: float


class Client:
    """One for a piece of work of one organization, as an async context: it shares no connection with another's.

    ``allow`` opens private addresses (see outbound.py); where it opens none, a blocked, an unknown and an unreachable
    host end in the one fault ``endpoint_unreachable``. ``board_url`` is the Valkey or Redis over which all workers
    share an endpoint's limits; without one they hold for this client alone. ``member`` names this worker among them:
    clients that follow one another under one name keep its part of the limits; two at once would each take it. An empty
    one is a new name, which leaves with the client. ``patience`` bounds how long a call waits for an endpoint that asks
    us to slow down, or fails; ``pauses`` how long a stream may say nothing.
    """

    def __init__(
        self,
        *,
        allow: Sequence[str] = (),
        retry: RetryPolicy | None = None,
        board_url: str = "",
        member: str = "",
        patience: Patience | None = None,
        pauses: Pauses | None = None,
    ) -> None:
        self._allow = tuple(allow)
        # Jitter only keeps clients apart; nobody gains by guessing it.
        self._retry = retry or RetryPolicy(random=random.random)
        self._patience = patience or Patience()
        self._wire = Wire(outbound.Door(self._allow), pauses or Pauses())
        self._background = Background()
        self._board_url = board_url
        self._board: Board = LocalBoard(time.monotonic)
        self._member, self._leaves = member or uuid.uuid4().hex, not member
        self._known: dict[Address, _Known] = {}
        self._turns: dict[str, Turn] = {}
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._wire.__aenter__()
        if is_store(self._board_url):
            self._board = ValkeyBoard(self._board_url)
        self._beating = asyncio.create_task(self._beat())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._beating is not None:
            await _ended(self._beating)
        if isinstance(self._board, ValkeyBoard):
            used = [turn for turn in self._turns.values() if turn.last_used]
            await asyncio.gather(*(turn.leave() if self._leaves else turn.rest() for turn in used))
            await self._board.aclose()
        await self._wire.__aexit__(kind, error, trace)

    async def complete(
        self, address: Address, request: ChatRequest, *, deadline_s: float, ledger: Ledger | None = None
    ) -> Answer:
        """Ask until it answers, the attempts are used up, or ``deadline_s`` has passed over attempts and back-offs.

        The deadline runs from the call's turn at the endpoint: waiting for a place, a permit of the rate or a closed
        gate costs no answer. Calls that the server asks to slow down use up no attempt either, only ``patience``.
        Never raises for what the other side does. The ``ledger`` is asked before each attempt; where it says Stopped,
        its code is the fault.
        """
        known = self._known.get(address) or self._meet(address)
        if not known.is_credential_usable:
            return Answer(None, errors.CREDENTIAL, None, 0)
        if any(name not in request.parameters for name in known.place.dialect.required):
            return Answer(None, errors.PARAMETER_MISSING, None, 0)
        if not self._wire.is_open:
            raise RuntimeError("use the client as `async with Client(...)`")
        body = known.place.dialect.body_of(request)
        return await self._complete(_Call(known, request, body, ledger, deadline_s))

    async def _complete(self, call: _Call) -> Answer:
        number, tries, slowed, began = 0, 0, 0, time.monotonic()
        fault: str | None = None
        while True:
            try:
                ended, passed, asked_wait_s = await self._attempt(call, number + 1)
            except Stopped as stopped:
                return Answer(None, stopped.code, None, number)
            except ClosedTooLong as closed:
                return Answer(None, fault or closed.code, None, number)
            number += 1
            if ended.completion is not None:
                return Answer(ended.completion, None, ended.latency_ms, number, ended.first_token_ms)
            fault = ended.fault
            if fault not in errors.RETRYABLE or self._retry.attempts == 1:
                return Answer(None, fault, None, number)
            if fault == errors.RATE_LIMITED or asked_wait_s or passed.is_probe:
                slowed += 1
                # What the server asked for is waited for at the gate, with everybody else.
                wait = 0.0 if asked_wait_s else self._retry.wait_s(slowed, None)
                began = time.monotonic() if slowed == 1 else began
                if max(time.monotonic() - began + wait, passed.closed_for_s) > self._patience.with_(fault):
                    return Answer(None, fault, None, number)
            else:
                tries += 1
                wait = self._retry.wait_s(tries, None)
                call.left_s -= wait
            if tries == self._retry.attempts or call.left_s <= 0:
                return Answer(None, fault, None, number)
            await asyncio.sleep(wait)

    async def _attempt(self, call: _Call, number: int) -> tuple[Ended, Pass, float | None]:
        """How one attempt ended, and the seconds the server asked to wait. A cancelled one stays open in the ledger."""
        async with call.known.turn.enter(call.request, self._patience) as passed:
            try:
                ticket = None if call.ledger is None else await call.ledger.open(call.request, number)
            except Stopped:
                call.known.turn.unused(passed)
                raise
            began = time.perf_counter()
            came = await self._wire.post(call.known.place, call.body, call.request, seconds=call.left_s)
            took_s = time.perf_counter() - began
        if isinstance(came, Unread):
            # Its place is free: what waited for that place goes out before anybody looks at this answer.
            await self._background.turn()
            reply = came.read()
        else:
            reply = came
        ended = self._ended(call, reply, began, took_s)
        call.left_s -= took_s
        if call.ledger is not None:
            await call.ledger.close(ticket, ended)
        await call.known.turn.heard(passed, ended, reply.asked_wait_s)
        return ended, passed, reply.asked_wait_s

    def _ended(self, call: _Call, reply: Reply, began: float, took_s: float) -> Ended:
        latency_ms = took_s * 1000
        outcome = reply.outcome
        if not isinstance(outcome, str) and self._is_mixed(call, reply.answer_id):
            self._wire.drop()
            outcome = errors.MIXED
        if isinstance(outcome, str):
            if not self._allow and outcome in errors.ONE_TO_A_TENANT:
                outcome = errors.UNREACHABLE
            return Ended(outcome, None, latency_ms, None, reply.status, reply.broken_at)
        first_ms = None if reply.first_token_s is None else (reply.first_token_s - began) * 1000
        return Ended(None, outcome, latency_ms, first_ms, reply.status)

    def _is_mixed(self, call: _Call, answer_id: str | None) -> bool:
        """Was this very answer given to another request? A cache in between may give it to the same one again."""
        if answer_id is None or len(answer_id) < UNIQUE_ID_LENGTH:
            return False
        answered, asked = call.known.answered, hash(call.body)
        if answered.setdefault(answer_id, asked) != asked:
            return True
        if len(answered) > IDS_KEPT:
            answered.popitem(last=False)
        return False

    def _meet(self, address: Address) -> _Known:
        credential = address.credential or ""
        key = address.key or hashlib.sha256(address.base_url.encode()).hexdigest()
        if key not in self._turns:
            rates = Rates(address.requests_per_minute, address.tokens_per_minute)
            self._turns[key] = Turn(key, self._member, self._board, concurrency=address.concurrency, rates=rates)
        known = _Known(
            place_of(address.base_url, address.credential, catalogue.get(address.dialect)),
            self._turns[key],
            credential.isascii() and credential.isprintable() and " " not in credential,
        )
        self._known[address] = known
        return known

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            now = time.monotonic()
            for turn in self._turns.values():
                if turn.permits.are_wanted or now - turn.last_used < ACTIVE_S:
                    await turn.beat()
                elif turn.last_used:
                    turn.last_used = 0.0
                    await turn.leave()


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel until it has ended: Python 3.11's wait_for, by which the board sends, may swallow a cancellation."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=LOOK_AGAIN_S)


def body_of(address: Address, request: ChatRequest) -> bytes:
    """The exact body that a call would send."""
    return catalogue.get(address.dialect).body_of(request)


def request_digest(address: Address, request: ChatRequest) -> str:
    """``sha256:…`` of where a call goes (endpoint, dialect, URL) and what it sends: equal for equal calls only."""
    place = f"{address.key}\n{catalogue.get(address.dialect).name}\n{address.base_url}\n".encode()
    return f"sha256:{hashlib.sha256(place + body_of(address, request)).hexdigest()}"


def scoring_request(address: Address, request: ChatRequest, text: str) -> ChatRequest | None:
    """The request to send instead, to hear how likely the model finds ``text`` as its answer to ``request``.

    None where the address's dialect cannot be asked that.
    """
    return catalogue.get(address.dialect).scoring(request, text)
