"""One attempt on the wire; the hostile answers stand in test_hostile_catalogue.py, each dialect's in its own test."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from apps.inference import errors, outbound
from apps.inference.providers import catalogue
from apps.inference.wire import UNREAD_BYTES, Pauses, Reply, Unread, Wire, place_of
from apps.kernel.chat import ChatRequest, Completion, Message
from tests.inference.hostile import Asked, chat, closing_after, dripping, http, serving
from tests.inference.hostile import Reply as Says

ALLOW = ("127.0.0.1:*",)
SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def event(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def post(
    *says: Says, stream: bool = False, times: int = 1, pauses: Pauses | None = None, text: str = "hi"
) -> tuple[list[Reply], list[Asked], float]:
    async def scene() -> tuple[list[Reply], list[Asked], float]:
        request = ChatRequest("m", (Message("user", text),), {"stream": True} if stream else {})
        dialect = catalogue.get("openai_chat")
        async with serving(*says) as server, Wire(outbound.Door(ALLOW), pauses or Pauses()) as wire:
            place, began = place_of(server.base_url, None, dialect), time.monotonic()
            body = dialect.body_of(request)
            came = [await wire.post(place, body, request, seconds=5) for _ in range(times)]
            replies = [one.read() if isinstance(one, Unread) else one for one in came]
            return replies, server.asked, time.monotonic() - began

    return asyncio.run(scene())


def text_of(reply: Reply) -> str:
    assert isinstance(reply.outcome, Completion), reply
    return reply.outcome.text


@pytest.mark.parametrize(("end", "connections"), [(b"0\r\n\r\n", [0, 0]), (b"", [0, 1])], ids=["ends", "hangs"])
def test_a_stream_that_ends_its_body_leaves_its_connection_to_the_next(end: bytes, connections: list[int]) -> None:
    said = SSE + chunked(event("a"), event("b", "stop"), DONE) + end
    replies, asked, _ = post(said, stream=True, times=2)
    assert [text_of(reply) for reply in replies] == ["ab", "ab"]
    assert [one.connection for one in asked] == connections


def test_what_comes_behind_the_end_of_a_stream_is_not_read() -> None:
    endless = dripping(chunked(event("more")), every_s=0.01, head=SSE + chunked(event("a", "stop"), DONE))
    (reply,), _, _ = post(endless, stream=True)
    assert text_of(reply) == "a"


def test_an_event_without_data_is_none() -> None:
    (reply,), _, _ = post(SSE + chunked(b"data:\n\n", event("a", "stop"), DONE) + b"0\r\n\r\n", stream=True)
    assert text_of(reply) == "a"


@pytest.mark.parametrize(
    ("piece", "pauses"),
    [
        (b"", Pauses(read_s=0.3, event_s=60)),
        (chunked(b": keep-alive\n\n"), Pauses(read_s=60, event_s=0.3)),
    ],
    ids=["silence", "only keep-alives"],
)
def test_a_stream_that_pauses_too_long_is_given_up_before_its_deadline(piece: bytes, pauses: Pauses) -> None:
    stuck = dripping(piece, every_s=0.05, head=SSE + chunked(event("a")))
    (reply,), _, seconds = post(stuck, stream=True, pauses=pauses)
    assert reply.outcome == errors.DEADLINE
    assert seconds < 4


def test_a_large_body_is_sent_whole() -> None:
    text = "x" * 2_000_000
    (reply,), (asked,), _ = post(http(chat("ok")), text=text)
    assert (text_of(reply), asked.body["messages"][0]["content"]) == ("ok", text)


@pytest.mark.parametrize(("size", "is_unread"), [(10, True), (UNREAD_BYTES, False)])
def test_only_small_answers_lie_about_unread(size: int, is_unread: bool) -> None:
    async def scene() -> Reply | Unread:
        async with serving(http(chat("x" * size))) as server, Wire(outbound.Door(ALLOW), Pauses()) as wire:
            place = place_of(server.base_url, None, catalogue.get("openai_chat"))
            return await wire.post(place, b"{}", ChatRequest("m", ()), seconds=5)

    came = asyncio.run(scene())
    assert isinstance(came, Unread) == is_unread
    assert text_of(came.read() if isinstance(came, Unread) else came) == "x" * size


def test_after_a_drop_connections_are_new() -> None:
    async def scene() -> list[int]:
        request = ChatRequest("m", (Message("user", "hi"),))
        dialect = catalogue.get("openai_chat")
        async with serving(http(chat())) as server, Wire(outbound.Door(ALLOW), Pauses()) as wire:
            place = place_of(server.base_url, None, dialect)
            for drop in (False, True):
                if drop:
                    wire.drop()
                await wire.post(place, dialect.body_of(request), request, seconds=5)
            return [one.connection for one in server.asked]

    assert asyncio.run(scene()) == [0, 1]


def test_what_a_server_asks_to_wait_is_told() -> None:
    (reply,), _, _ = post(http({}, status="503 Busy", headers="Retry-After: 7\r\n"))
    assert reply == Reply(errors.FAILED, 503, asked_wait_s=7.0)


def test_the_status_is_told_where_one_came() -> None:
    assert post(http({}, status="401 No"))[0][0].status == 401
    assert post(closing_after(b""))[0][0].status is None
