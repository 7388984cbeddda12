"""A ledger is asked before each attempt, once its turn has come, and hears how it ended."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from apps.inference import errors
from apps.inference.client import Address, Answer, Client
from apps.inference.ledger import Ended, Stopped
from apps.inference.retry import RetryPolicy
from apps.kernel.chat import ChatRequest, Message
from tests.inference.hostile import Reply, chat, closing_after, http, serving

ALLOW = ("127.0.0.1:*",)
ASK = ChatRequest("a-model", (Message("user", "hi"),))
AT_ONCE = RetryPolicy(random=lambda: 0.0, attempts=4)


@dataclass
class Book:
    """Notes what it is asked and told; stops at attempt ``stops_at``; takes ``slow_s`` to open."""

    stops_at: int = 0
    slow_s: float = 0.0
    opened: list[tuple[ChatRequest, int]] = field(default_factory=list)
    closed: list[tuple[object, Ended]] = field(default_factory=list)

    async def open(self, request: ChatRequest, number: int) -> object:
        await asyncio.sleep(self.slow_s)
        if number == self.stops_at:
            raise Stopped("budget_spent")
        self.opened.append((request, number))
        return f"ticket {number}"

    async def close(self, ticket: object, ended: Ended) -> None:
        self.closed.append((ticket, ended))


def ask(book: Book, *replies: Reply, deadline_s: float = 5.0) -> tuple[Answer, int]:
    """The answer, and how many requests the server saw."""

    async def scene() -> tuple[Answer, int]:
        async with serving(*replies) as server, Client(allow=ALLOW, retry=AT_ONCE) as client:
            answer = await client.complete(Address(server.base_url), ASK, deadline_s=deadline_s, ledger=book)
            return answer, len(server.asked)

    return asyncio.run(scene())


def test_each_attempt_is_opened_and_closed_in_order() -> None:
    book = Book()
    answer, asked = ask(book, http({}, status="503 Busy"), closing_after(b""), http(chat("hello")))
    assert (answer.attempts, asked) == (3, 3)
    assert book.opened == [(ASK, 1), (ASK, 2), (ASK, 3)]
    assert [ticket for ticket, _ in book.closed] == ["ticket 1", "ticket 2", "ticket 3"]
    ended = [(end.fault, end.status, end.completion is None) for _, end in book.closed]
    assert ended == [(errors.FAILED, 503, True), (errors.RESET, None, True), (None, 200, False)]
    assert book.closed[2][1].completion == answer.completion
    assert [end.first_token_ms for _, end in book.closed] == [None, None, None]
    assert all(end.latency_ms > 0 for _, end in book.closed)


def test_where_it_says_stop_nothing_is_sent() -> None:
    book = Book(stops_at=1)
    answer, asked = ask(book, http(chat()))
    assert (answer, asked) == (Answer(None, "budget_spent", None, 0), 0)
    assert book.closed == []


def test_a_stop_between_attempts_counts_those_that_were_made() -> None:
    book = Book(stops_at=2)
    answer, asked = ask(book, http({}, status="500 Oops"))
    assert (answer, asked) == (Answer(None, "budget_spent", None, 1), 1)
    assert [ticket for ticket, _ in book.closed] == ["ticket 1"]


def test_a_call_that_waits_for_its_turn_is_not_opened() -> None:
    book = Book()
    opened_while_waiting: list[int] = []

    async def scene() -> None:
        async def reply(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.2)
            opened_while_waiting.append(len(book.opened))
            writer.write(http(chat()))
            await writer.drain()

        async with serving(reply) as server, Client(allow=ALLOW, retry=AT_ONCE) as client:
            address = Address(server.base_url, concurrency=1)
            await asyncio.gather(*(client.complete(address, ASK, deadline_s=5, ledger=book) for _ in range(2)))

    asyncio.run(scene())
    assert opened_while_waiting == [1, 2]


def test_the_time_a_ledger_takes_is_no_latency() -> None:
    book = Book(slow_s=0.3)
    began = time.monotonic()
    answer, _ = ask(book, http(chat()))
    took_ms = (time.monotonic() - began) * 1000
    assert answer.latency_ms is not None
    assert answer.latency_ms <= took_ms - 300
