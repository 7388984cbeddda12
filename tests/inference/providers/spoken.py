"""A server of each dialect, saying what that dialect's documentation shows, and one client that asks it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from apps.inference.client import Address, Answer, Client
from apps.inference.retry import RetryPolicy
from apps.kernel.chat import ChatRequest, Message
from tests.inference.hostile import Asked, Reply, closing_after, http, serving

ALLOW = ("127.0.0.1:*",)
ONCE = RetryPolicy(random=lambda: 0.0, attempts=1)
MESSAGES = (Message("system", "Be short."), Message("user", "Hi?"))
KEY = "sk-of-a-test"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
LINES = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"


def ask(
    dialect: str,
    *replies: Reply,
    parameters: dict[str, object] | None = None,
    messages: Sequence[Message] = MESSAGES,
) -> tuple[Answer, list[Asked]]:
    """The answer to one call in the dialect, and what the server was asked."""

    async def scene() -> tuple[Answer, list[Asked]]:
        async with serving(*replies) as server, Client(allow=ALLOW, retry=ONCE) as client:
            address = Address(server.base_url, KEY, dialect=dialect)
            request = ChatRequest("a-model", tuple(messages), parameters or {})
            return await client.complete(address, request, deadline_s=5), server.asked

    return asyncio.run(scene())


def events(*values: object, names: bool = False, end: bytes = b"") -> Reply:
    """A stream of server-sent events; ``names``: each with its type on a line of its own, as two dialects have it."""
    said = b""
    for value in values:
        if names and isinstance(value, dict) and "type" in value:
            said += b"event: " + str(value["type"]).encode() + b"\n"
        said += b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"
    return closing_after(STREAM + said + end)


def lines(*values: object) -> Reply:
    """A stream of JSON lines."""
    return closing_after(LINES + b"".join(json.dumps(value).encode() + b"\n" for value in values))


def refusal(status: str, content: object) -> Reply:
    return http(content, status=status)
