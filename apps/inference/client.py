"""Ask a model and get an answer: a completion or the code of a fault, with its latency and attempts."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from apps.inference import errors, outbound
from apps.inference.faults import fault_of
from apps.inference.ledger import Ended, Ledger, Stopped
from apps.inference.limits import Limits
from apps.inference.providers import openai_compatible as dialect
from apps.inference.retry import RetryPolicy, retry_after_s
from apps.kernel.chat import ChatRequest, Completion

ANSWER_BYTES = 4 * 1024 * 1024
# Of a refusal only what tells its reason is read; none of it is kept.
REFUSAL_BYTES = 64 * 1024
LEAST_S = 0.001


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is called: base URL (ends before ``/chat/completions``), credential, and how many calls at once.

    ``key`` is the endpoint's stable id, over which limits are shared; the base URL where it is empty.
    """

    base_url: str
    credential: str | None = None
    concurrency: int = 4
    key: str = ""
    dialect: str = "openai_chat"
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


class Client:
    """One for a piece of work of one organization, as an async context: it shares no connection with another's.

    Calls to one address share a limit on what is in flight. ``allow`` opens private addresses (see outbound.py); where
    it opens none, a blocked, an unknown and an unreachable host end in the one fault ``endpoint_unreachable``.
    """

    def __init__(self, *, allow: Sequence[str] = (), retry: RetryPolicy | None = None) -> None:
        self._allow = tuple(allow)
        # Jitter only keeps clients apart; nobody gains by guessing it.
        self._retry = retry or RetryPolicy(random=random.random)
        self._door = outbound.Door(self._allow)
        self._limits = Limits()
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=self._door, socket_factory=self._door.socket, limit=0),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        transport = AiohttpTransport(client=session)
        self._http = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            trust_env=False,
            timeout=None,  # noqa: S113 - every call has a total deadline of its own
            # httpx keeps a jar of its own beside aiohttp's; this one takes a cookie from nobody.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def complete(
        self, address: Address, request: ChatRequest, *, deadline_s: float, ledger: Ledger | None = None
    ) -> Answer:
        """Ask until it answers, the attempts are used up, or ``deadline_s`` has passed over all of them and the waits.

        The deadline runs from the call's turn at the address, so a long queue costs no answer. Never raises for what
        the other side does. The ``ledger`` is asked before each attempt; where it says Stopped, its code is the fault.
        """
        credential = address.credential or ""
        if not credential.isascii() or not credential.isprintable() or " " in credential:
            return Answer(None, errors.CREDENTIAL, None, 0)
        async with self._limits.of(address.key or address.base_url, concurrency=address.concurrency):
            return await self._complete(address, request, until=time.monotonic() + deadline_s, ledger=ledger)

    async def _complete(self, address: Address, request: ChatRequest, *, until: float, ledger: Ledger | None) -> Answer:
        for number in range(1, self._retry.attempts + 1):
            try:
                ended, asked_wait_s = await self._attempt(address, request, number, until=until, ledger=ledger)
            except Stopped as stopped:
                return Answer(None, stopped.code, None, number - 1)
            if ended.completion is not None:
                return Answer(ended.completion, None, ended.latency_ms, number, ended.first_token_ms)
            wait = self._retry.wait_s(number, asked_wait_s)
            last = number == self._retry.attempts or ended.fault not in errors.RETRYABLE
            if last or time.monotonic() + wait >= until:
                return Answer(None, ended.fault, None, number)
            await asyncio.sleep(wait)
        raise AssertionError("a retry policy makes at least one attempt")

    async def _attempt(
        self, address: Address, request: ChatRequest, number: int, *, until: float, ledger: Ledger | None
    ) -> tuple[Ended, float | None]:
        """How one attempt ended, and the seconds the server asked to wait. A cancelled one stays open in the ledger."""
        ticket = None if ledger is None else await ledger.open(request, number)
        ended, wait_s = await self._send(address, request, seconds=until - time.monotonic())
        if ledger is not None:
            await ledger.close(ticket, ended)
        return ended, wait_s

    async def _send(self, address: Address, request: ChatRequest, *, seconds: float) -> tuple[Ended, float | None]:
        began = time.perf_counter()
        wait: float | None = None
        status: int | None = None
        outcome: Completion | str
        try:
            self._door.admit(address.base_url)
            async with asyncio.timeout(max(seconds, LEAST_S)):
                outcome, wait, status = await self._post(address, request)
        except TimeoutError:
            outcome = errors.DEADLINE
        except (outbound.AddressBlocked, httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            outcome = fault_of(error)
            if not self._allow and outcome in errors.ONE_TO_A_TENANT:
                outcome = errors.UNREACHABLE
        latency_ms = (time.perf_counter() - began) * 1000
        if isinstance(outcome, str):
            return Ended(outcome, None, latency_ms, None, status), wait
        return Ended(None, outcome, latency_ms, None, status), wait

    async def _post(self, address: Address, request: ChatRequest) -> tuple[Completion | str, float | None, int]:
        if self._http is None:
            raise RuntimeError("use the client as `async with Client(...)`")
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": "distillhub",
        }
        if address.credential:
            headers["Authorization"] = f"Bearer {address.credential}"
        url = dialect.url_of(address.base_url)
        async with self._http.stream("POST", url, content=dialect.body_of(request), headers=headers) as response:
            status = response.status_code
            fault = dialect.fault_of_status(status)
            if fault == errors.BAD_REQUEST and dialect.is_overflow(await _read(response, REFUSAL_BYTES) or b""):
                return errors.CONTEXT_OVERFLOW, None, status
            if fault is not None:
                return fault, retry_after_s(response.headers.get("retry-after"), now=datetime.now(UTC)), status
            if response.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
                return errors.ENCODING, None, status
            content = await _read(response, ANSWER_BYTES)
            return (errors.TOO_LARGE if content is None else dialect.read_answer(content, request)), None, status


async def _read(response: httpx.Response, most: int) -> bytes | None:
    """The body, None as soon as it is larger than ``most`` bytes."""
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
    return b"".join(pieces)
