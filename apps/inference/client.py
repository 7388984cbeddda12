"""Ask a model and get an answer: a completion or the code of a fault, with its latency and attempts."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from apps.inference import errors, outbound
from apps.inference.providers import openai_compatible as dialect
from apps.inference.retry import RetryPolicy, retry_after_s
from apps.kernel.chat import ChatRequest, Completion

ANSWER_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where a model is called: base URL (ends before ``/chat/completions``), key, and how many calls at once."""

    base_url: str
    credential: str | None = None
    concurrency: int = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """``completion`` or ``fault``. ``latency_ms`` is that of the answering attempt; waits and retries stand apart."""

    completion: Completion | None
    fault: str | None
    latency_ms: float | None
    attempts: int


@dataclass(frozen=True, slots=True)
class _Attempt:
    outcome: Completion | str
    latency_ms: float
    wait_s: float | None = None


class Client:
    """One for a piece of work, as an async context. Calls to one address share a limit on what is in flight."""

    def __init__(self, *, allow: Sequence[str] = (), retry: RetryPolicy | None = None) -> None:
        self._allow = tuple(allow)
        # Jitter only keeps clients apart; nobody gains by guessing it.
        self._retry = retry or RetryPolicy(random=random.random)
        self._limits: dict[str, asyncio.Semaphore] = {}
        self._http: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=outbound.GuardedResolver(self._allow), limit=0),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        transport = AiohttpTransport(client=session)
        self._http = httpx.AsyncClient(transport=transport, follow_redirects=False, trust_env=False, timeout=None)  # noqa: S113 - every call has a total deadline of its own
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def complete(self, address: Address, request: ChatRequest, *, deadline_s: float) -> Answer:
        """Ask until it answers, the attempts are used up, or ``deadline_s`` has passed in all. Never raises for what

        the other side does.
        """
        limit = self._limits.setdefault(address.base_url, asyncio.Semaphore(address.concurrency))
        async with limit:
            return await self._complete(address, request, until=time.monotonic() + deadline_s)

    async def _complete(self, address: Address, request: ChatRequest, *, until: float) -> Answer:
        for attempt in range(1, self._retry.attempts + 1):
            made = await self._attempt(address, request, seconds=until - time.monotonic())
            if isinstance(made.outcome, Completion):
                return Answer(made.outcome, None, made.latency_ms, attempt)
            wait = self._retry.wait_s(attempt, made.wait_s)
            last = attempt == self._retry.attempts or made.outcome not in errors.RETRYABLE
            if last or time.monotonic() + wait >= until:
                return Answer(None, made.outcome, None, attempt)
            await asyncio.sleep(wait)
        raise AssertionError("a retry policy makes at least one attempt")

    async def _attempt(self, address: Address, request: ChatRequest, *, seconds: float) -> _Attempt:
        began = time.perf_counter()
        wait: float | None = None
        try:
            outbound.check_url(address.base_url, allow=self._allow)
            async with asyncio.timeout(max(seconds, 0.001)):
                outcome, wait = await self._post(address, request)
        except TimeoutError:
            outcome = errors.DEADLINE
        except outbound.AddressBlocked:
            outcome = errors.ADDRESS_BLOCKED
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            outcome = _fault_of(error)
        return _Attempt(outcome, (time.perf_counter() - began) * 1000, wait)

    async def _post(self, address: Address, request: ChatRequest) -> tuple[Completion | str, float | None]:
        if self._http is None:
            raise RuntimeError("use the client as `async with Client(...)`")
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "distillhub"}
        if address.credential:
            headers["Authorization"] = f"Bearer {address.credential}"
        url = address.base_url.rstrip("/") + dialect.PATH
        async with self._http.stream("POST", url, json=dialect.body_of(request), headers=headers) as response:
            fault = dialect.fault_of_status(response.status_code)
            if fault is not None:
                return fault, retry_after_s(response.headers.get("retry-after"), now=datetime.now(UTC))
            if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
                return errors.ENCODING, None
            content = await _read(response)
            return (errors.TOO_LARGE if content is None else dialect.read_answer(content, request)), None


async def _read(response: httpx.Response) -> bytes | None:
    """The body, None as soon as it is larger than an answer may be."""
    pieces, size = [], 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > ANSWER_BYTES:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _fault_of(error: BaseException) -> str:
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, outbound.AddressBlocked):
            return errors.ADDRESS_BLOCKED
        if isinstance(chain, aiohttp.ClientConnectorDNSError):
            return errors.HOST_NOT_FOUND
        if isinstance(chain, aiohttp.ClientPayloadError):
            return errors.TRUNCATED
        if isinstance(chain, TimeoutError):
            return errors.DEADLINE
        chain = chain.__cause__ or chain.__context__
    return errors.RESET
