"""One attempt on the wire: post the body, read what comes within its bounds, and say what it was."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import http_exceptions
from yarl import URL

from apps.inference import errors, outbound
from apps.inference.faults import fault_of
from apps.inference.providers.dialect import Broken, Dialect, Gathering
from apps.inference.providers.reading import Unreadable, broken_at, loaded
from apps.inference.retry import retry_after_s
from apps.inference.streams import EventTooLarge, JsonLines, ServerSentEvents, Splitter
from apps.kernel.chat import ChatRequest, Completion

ANSWER_BYTES = 4 * 1024 * 1024
STREAM_BYTES = 32 * 1024 * 1024
# Of a refusal only what tells its reason is read; none of it is kept.
REFUSAL_BYTES = 64 * 1024
MOST_HEADERS = 500
LEAST_S = 0.001
# After a stream has said that it ends, its connection is worth waiting for so long.
LINGER_S = 0.05
WHOLE_BODY_BYTES = 512 * 1024
# Larger answers are read at once: many of them must not lie about unread.
UNREAD_BYTES = 64 * 1024
HEADERS = {
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
    "User-Agent": "distillhub",
}


@dataclass(frozen=True, slots=True)
class Pauses:
    """Longest pauses of a stream, in seconds: between two reads, and between two events that say something."""

    read_s: float = 60.0
    event_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came: a completion or a fault. ``asked_wait_s`` is what the server's Retry-After asks for."""

    outcome: Completion | str
    status: int | None = None
    asked_wait_s: float | None = None
    first_token_s: float | None = None  # by time.perf_counter
    answer_id: str | None = None
    broken_at: int | None = None  # the byte of the answer from which on it cannot be read


@dataclass(frozen=True, slots=True)
class Unread:
    """An answer that came whole, with a status of 200, and was not looked at yet: ``read`` is for a quieter moment."""

    content: bytes
    dialect: Dialect
    request: ChatRequest

    def read(self) -> Reply:
        try:
            outcome, answer_id = self.dialect.read_whole(self.content, self.request)
        except Broken as broken:
            return Reply(broken.code, 200, broken_at=broken.at)
        return Reply(outcome, 200, answer_id=answer_id, broken_at=_broken_at(outcome, self.content))


@dataclass(frozen=True, slots=True)
class Place:
    """Where to post in which dialect, made once for an endpoint."""

    base_url: str
    url: URL
    headers: Mapping[str, str]
    dialect: Dialect


def place_of(base_url: str, credential: str | None, dialect: Dialect) -> Place:
    """The path is the dialect's; a query of the base URL (``?api-version=…``) stays behind it, spelled as it was."""
    path, mark, query = base_url.partition("?")
    url = URL(path.rstrip("/") + dialect.path + mark + query, encoded=True)
    accept = "application/json" if not dialect.is_lines else "application/x-ndjson, application/json"
    return Place(base_url, url, {"Accept": accept, **HEADERS, **dialect.headers(credential)}, dialect)


class Wire:
    """The connections of one client, as an async context. They are shared with nobody, and go through the one door."""

    def __init__(self, door: outbound.Door, pauses: Pauses) -> None:
        self._door = door
        self._pauses = pauses
        self._stream_timeout = aiohttp.ClientTimeout(total=None, sock_read=pauses.read_s)
        self._session: aiohttp.ClientSession | None = None
        self._dropped: list[aiohttp.ClientSession] = []
        # A URL's text is judged once; where its name leads is judged at each connection.
        self._admitted: set[str] = set()

    @property
    def is_open(self) -> bool:
        return self._session is not None

    async def __aenter__(self) -> Self:
        self._session = self._new_session()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in (*self._dropped, self._session):
            if session is not None:
                await session.close()

    def drop(self) -> None:
        """Make new connections from now on: the ones that stand answer to the wrong question."""
        if self._session is not None:
            self._dropped.append(self._session)
            self._session = self._new_session()

    async def post(self, place: Place, body: bytes, request: ChatRequest, *, seconds: float) -> Reply | Unread:
        """Post once. Never raises for what the other side does."""
        try:
            if place.base_url not in self._admitted:
                self._door.admit(place.base_url)
                self._admitted.add(place.base_url)
            async with asyncio.timeout(max(seconds, LEAST_S)) as limit:
                return await self._post(place, body, request, limit)
        except TimeoutError:
            return Reply(errors.DEADLINE)
        except Broken as broken:
            return Reply(broken.code, 200, broken_at=broken.at)
        except (outbound.AddressBlocked, aiohttp.ClientError, http_exceptions.HttpProcessingError, OSError) as error:
            return Reply(fault_of(error))

    async def _post(self, place: Place, body: bytes, request: ChatRequest, limit: asyncio.Timeout) -> Reply | Unread:
        if self._session is None:
            raise RuntimeError("use the client as `async with Client(...)`")
        is_stream = place.dialect.is_stream(request)
        async with self._session.post(
            place.url,
            data=body if len(body) < WHOLE_BODY_BYTES else io.BytesIO(body),
            headers=place.headers,
            allow_redirects=False,
            timeout=self._stream_timeout if is_stream else None,
        ) as response:
            status = response.status
            fault = place.dialect.fault_of_status(status)
            if fault == errors.BAD_REQUEST:
                is_overflow = place.dialect.is_overflow(await _read(response.content, REFUSAL_BYTES) or b"")
                return Reply(errors.CONTEXT_OVERFLOW if is_overflow else fault, status)
            if fault is not None:
                wait_s = retry_after_s(response.headers.get("Retry-After"), now=datetime.now(UTC))
                return Reply(fault, status, asked_wait_s=wait_s)
            if len(response.raw_headers) > MOST_HEADERS:
                return Reply(errors.SHAPE, status)
            if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("identity", ""):
                return Reply(errors.ENCODING, status)
            if is_stream:
                return await _Stream(place.dialect, request, self._pauses, limit).read(response.content)
            content = await _read(response.content, ANSWER_BYTES)
            if content is None:
                return Reply(errors.TOO_LARGE, status)
            unread = Unread(content, place.dialect, request)
            return unread if len(content) <= UNREAD_BYTES else unread.read()

    def _new_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=self._door, socket_factory=self._door.socket, limit=0),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            # Every call has a total deadline of its own.
            timeout=aiohttp.ClientTimeout(total=None),
        )


class _Stream:
    """One answer that comes in pieces."""

    def __init__(self, dialect: Dialect, request: ChatRequest, pauses: Pauses, limit: asyncio.Timeout) -> None:
        self._dialect, self._request, self._pauses, self._limit = dialect, request, pauses, limit
        self._until = limit.when() or 0.0
        self._is_utf8 = True
        self._first_token_s: float | None = None
        self._events = 0

    async def read(self, content: aiohttp.StreamReader) -> Reply:
        gathering = self._dialect.gathering()
        splitter: Splitter = JsonLines(ANSWER_BYTES) if self._dialect.is_lines else ServerSentEvents(ANSWER_BYTES)
        size, start = 0, b""
        try:
            while not gathering.is_done and (piece := await content.readany()):
                size += len(piece)
                if size > STREAM_BYTES:
                    return Reply(errors.TOO_LARGE, 200)
                if not start:
                    start = piece.lstrip()[:1]
                    if start == b"<":
                        return Reply(errors.HTML, 200)
                    if start in (b"{", b"[") and not self._dialect.is_lines:
                        return await self._read_whole(piece, content)
                self._take(splitter, piece, gathering)
        except EventTooLarge:
            return Reply(errors.TOO_LARGE, 200)
        except aiohttp.ClientError:
            # Broken off; whether what came is whole is said by the stream itself.
            if gathering.whole() is None:
                raise
        for text in splitter.end():
            self._take_event(text, splitter.at, gathering)
        if gathering.is_done:
            await _linger(content)
        return self._reply(gathering)

    def _take(self, splitter: Splitter, piece: bytes, gathering: Gathering) -> None:
        for text in splitter.feed(piece):
            self._take_event(text, splitter.at, gathering)
            if gathering.is_done:
                break

    def _take_event(self, text: bytes, at: int, gathering: Gathering) -> None:
        if not text.strip():
            return
        if self._dialect.is_end(text):
            gathering.is_done = True
            return
        try:
            event, is_utf8 = loaded(text)
        except Unreadable as unreadable:
            # Of an event in several lines only its beginning has a place in the stream.
            inside = 0 if b"\n" in text else unreadable.at or 0
            raise Broken(errors.SHAPE, at + inside) from None
        if not isinstance(event, Mapping):
            raise Broken(errors.SHAPE, at)
        self._is_utf8 = self._is_utf8 and is_utf8
        self._events += 1
        try:
            gathering.take(event)
        except Broken as broken:
            raise Broken(broken.code, at if broken.code == errors.SHAPE else None) from None
        now = time.perf_counter()
        if self._first_token_s is None and gathering.has_begun:
            self._first_token_s = now
        # A stream that only keeps alive is not going on.
        self._limit.reschedule(min(self._until, asyncio.get_running_loop().time() + self._pauses.event_s))

    async def _read_whole(self, piece: bytes, content: aiohttp.StreamReader) -> Reply:
        """Asked for a stream, the server answered whole."""
        rest = await _read(content, ANSWER_BYTES - len(piece))
        if rest is None:
            return Reply(errors.TOO_LARGE, 200)
        whole = piece + rest
        return Unread(whole, self._dialect, self._request).read()

    def _reply(self, gathering: Gathering) -> Reply:
        whole: Mapping[str, Any] | None = gathering.whole()
        if whole is None:
            return Reply(errors.TRUNCATED if self._events else errors.EMPTY, 200)
        outcome = self._dialect.read(whole, self._request, is_utf8=self._is_utf8)
        first = self._first_token_s if self._request.parameters.get("stream") is not False else None
        return Reply(outcome, 200, first_token_s=first, answer_id=self._dialect.answer_id(whole))


def _broken_at(outcome: Completion | str, content: bytes) -> int | None:
    return broken_at(content) if outcome == errors.SHAPE else None


async def _read(content: aiohttp.StreamReader, most: int) -> bytes | None:
    """The body, None as soon as it is larger than ``most`` bytes."""
    pieces, size = [], 0
    while piece := await content.readany():
        size += len(piece)
        if size > most:
            return None
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _linger(content: aiohttp.StreamReader) -> None:
    """Read the stream's own end, so that the connection serves again; without it the connection is closed."""
    try:
        async with asyncio.timeout(LINGER_S):
            await _read(content, REFUSAL_BYTES)
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass
