"""A loopback server that says exactly the bytes it is told to, and whatever a client asked of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Reply = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came: its connection's number from 0, its first line, its headers, its JSON."""

    connection: int
    line: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Hostile:
    """Gives one reply a request, in order, the last one again and again; closes a connection after a callable."""

    replies: tuple[Reply, ...]
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, self.connections = self.connections, self.connections + 1
        try:
            while True:
                self.asked.append(await _request(reader, number))
                reply = self.replies[min(len(self.asked), len(self.replies)) - 1]
                if callable(reply):
                    await reply(writer)
                    break
                writer.write(reply)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            """The client went away, as it may."""
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader, number: int) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    line, *rest = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in rest)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(number, line, headers, json.loads(body or b"null"))


@asynccontextmanager
async def serving(*replies: Reply) -> AsyncIterator[Hostile]:
    hostile = Hostile(replies)
    server = await asyncio.start_server(hostile.talk, "127.0.0.1", 0)
    hostile.port = server.sockets[0].getsockname()[1]
    try:
        yield hostile
    finally:
        server.close()
        # A reply that never ends would hold wait_closed for ever.
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if "Hostile.talk" in repr(task):
                task.cancel()
        await asyncio.sleep(0)


def http(content: object, *, status: str = "200 OK", length: int | None = None, headers: str = "") -> bytes:
    """A whole response. ``content`` is bytes, or a value to spell as JSON; ``length`` may lie."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n{headers}\r\n"
    return head.encode() + body


def chat(text: str | None = "hello", *, finish: str | None = "stop", **more: object) -> dict[str, object]:
    """An ordinary answer; ``more`` replaces or adds fields at its top."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    return {"id": "chatcmpl-1", "model": "served-model", "choices": [choice], "usage": usage, **more}


def dripping(piece: bytes, *, every_s: float, head: bytes = b"") -> Reply:
    """The head, then the same bytes again and again, for as long as anybody listens."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(every_s)

    return reply


def closing_after(content: bytes) -> Reply:
    """The bytes, then an orderly close."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()

    return reply


def resetting_after(content: bytes) -> Reply:
    """The bytes, then a reset."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(content)
        await writer.drain()
        # Long enough for the bytes to be read; a reset throws away what was not.
        await asyncio.sleep(0.05)
        writer.transport.abort()

    return reply
