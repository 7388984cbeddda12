"""The 28 hostile answers (reliability.md, section 3 F, P-09): each ends in its own code, soon, in bounded memory."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from apps.inference import errors
from apps.inference.client import Address, Answer, Client
from apps.inference.ledger import Ended
from apps.inference.retry import RetryPolicy
from apps.inference.turns import Patience
from apps.kernel.chat import ChatRequest, Message
from tests.inference.hostile import Reply, chat, closing_after, dripping, http, resetting_after, serving

ALLOW = ("127.0.0.1:*",)
ONCE = RetryPolicy(random=lambda: 0.0, attempts=1)
OK = b"HTTP/1.1 200 OK\r\n"
SSE = OK + b"Content-Type: text/event-stream\r\nConnection: close\r\n\r\n"
CHUNKED_SSE = OK + b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PIECE = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
DONE = b"data: [DONE]\n\n"
DEADLINE_S = 1.0
MEMORY_MIB = 64.0
STREAM: dict[str, object] = {"stream": True}
TOP: dict[str, object] = {"logprobs": True, "top_logprobs": 2}


def delta(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}, ensure_ascii=False).encode() + b"\n\n"


def message(content: object, finish: str = "stop", **more: object) -> Reply:
    return http(chat(choices=[{"message": {"content": content, **more}, "finish_reason": finish}]))


def logprob(value: object, *top: tuple[str, float]) -> Reply:
    item = {"token": "a", "logprob": value, "top_logprobs": [{"token": name, "logprob": one} for name, one in top]}
    choice = {"message": {"content": "hi"}, "finish_reason": "stop", "logprobs": {"content": [item]}}
    return http(json.dumps(chat(choices=[choice])).encode())


def in_pieces(*pieces: bytes) -> Reply:
    async def reply(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)

    return reply


INVALID_USAGE = ("hi", (errors.USAGE_INVALID,))
E = "é".encode()
SPLIT = delta("é", "stop")
AT = SPLIT.index(E) + 1
IN_LINES = delta("hi", "stop").replace(b": [", b":\ndata: [")
HEADERS = b"".join(b"X-%d: y\r\n" % number for number in range(3000))
MANY = {"delta": {}, "logprobs": {"content": [{"top_logprobs": [0] * 900}] * 20}}
ALTERNATIVES = b"data: " + json.dumps({"choices": [MANY]}).encode() + b"\n\n"


@dataclass(frozen=True, slots=True)
class Row:
    """``end``: the fault, or the text of an answer with its flags."""

    name: str
    reply: Reply
    end: str | tuple[str, tuple[str, ...]]
    parameters: dict[str, object] = field(default_factory=dict)
    or_deadline: bool = False  # fifty of them at once may be too much for one server in the time


ROWS = [
    Row("F1", http(b"<html>Welcome</html>"), errors.HTML),
    Row("F1 streamed", http(b"<html>Welcome</html>"), errors.HTML, STREAM),
    Row("F2", http(b"<html>Bad gateway</html>", status="502 Bad Gateway"), errors.FAILED),
    Row("F3", http(b""), errors.EMPTY),
    Row("F3 streamed", closing_after(SSE), errors.EMPTY, STREAM),
    Row("F4", http({}), errors.SHAPE),
    Row("F4 streamed", closing_after(SSE + b"data: {}\n\n"), errors.SHAPE, STREAM),
    Row("F5", http({"choices": []}), errors.SHAPE),
    Row("F6", http({"choices": None}), errors.SHAPE),
    Row("F7", message(None, "tool_calls", tool_calls=[{"id": "c"}]), ("", ())),
    Row("F8", message("", "content_filter"), ("", (errors.REFUSED,))),
    Row("F9", message("ha", "length"), ("ha", (errors.CUT,))),
    Row("F10", message("hi", "eos"), ("hi", (errors.FINISH_UNKNOWN,))),
    Row("F11", http(chat("hi", usage=None)), ("hi", ())),
    Row("F12", http(chat("hi", usage={"prompt_tokens": -1, "completion_tokens": 1})), ("hi", (errors.USAGE_INVALID,))),
    Row("F12 words", http(chat("hi", usage={"prompt_tokens": "2", "completion_tokens": 1})), INVALID_USAGE),
    Row("F12 huge", http(chat("hi", usage={"prompt_tokens": 2, "completion_tokens": 10**18})), INVALID_USAGE),
    Row("F12 fewer", http(chat("so " * 400, usage={"prompt_tokens": 2, "completion_tokens": 1})),
        ("so " * 400, (errors.USAGE_INVALID,))),
    Row("F13 split", in_pieces(SSE + SPLIT[:AT], SPLIT[AT:], DONE), ("é", ()), STREAM),
    Row("F13 invalid", closing_after(SSE + SPLIT.replace(E, b"\xff") + DONE), ("\ufffd", (errors.UTF8,)), STREAM),
    Row("F14", message("a\x00"), ("a\u2400", (errors.NUL,))),
    Row("F15 NaN", logprob(math.nan), ("hi", (errors.LOGPROBS_INVALID,)), TOP),
    Row("F15 above 0", logprob(0.5), ("hi", (errors.LOGPROBS_INVALID,)), TOP),
    Row("F15 -inf", logprob(-math.inf), ("hi", (errors.LOGPROBS_INVALID,)), TOP),
    Row("F16 twice", logprob(-1, ("a", -1), ("a", -1)), ("hi", (errors.LOGPROBS_INVALID,)), TOP),
    Row("F16 fewer", logprob(-1, ("a", -1)), ("hi", (errors.LOGPROBS_INVALID,)), TOP),
    Row("F16 sum", logprob(-1, ("a", -0.1), ("b", -0.1)), ("hi", (errors.LOGPROBS_INVALID,)), TOP),
    Row("F17", dripping(PIECE, every_s=0, head=CHUNKED), errors.TOO_LARGE, or_deadline=True),
    Row("F17 in one event", dripping(PIECE, every_s=0, head=CHUNKED_SSE), errors.TOO_LARGE, STREAM, or_deadline=True),
    Row("F18", dripping(b"d\r\n: keep-alive\n\r\n", every_s=0.01, head=CHUNKED_SSE), errors.DEADLINE, STREAM),
    Row("F18 empty deltas", dripping(delta(""), every_s=0.02, head=SSE), errors.DEADLINE, STREAM),
    Row("F19", dripping(b" ", every_s=0.25, head=OK + b"Content-Length: 9999\r\n\r\n"), errors.DEADLINE),
    Row("F19 streamed", dripping(b"d", every_s=0.25, head=SSE), errors.DEADLINE, STREAM),
    Row("F20 kept", closing_after(SSE + delta("hi", "stop")), ("hi", ()), STREAM),
    Row("F20 kept, cut chunk", closing_after(CHUNKED_SSE + b"ff\r\n" + delta("hi", "stop")), ("hi", ()), STREAM),
    Row("F20 cut", closing_after(SSE + delta("hi")), errors.TRUNCATED, STREAM),
    Row("F21 two", closing_after(SSE + b"data: {}{}\n\n"), errors.SHAPE, STREAM),
    Row("F21 lines", closing_after(SSE + IN_LINES + DONE), ("hi", ()), STREAM),
    Row("F22", http(gzip.compress(b"\0" * 64_000_000), headers="Content-Encoding: gzip\r\n"), errors.ENCODING),
    Row("F23 long", closing_after(http(chat("hi"), length=100_000)), errors.TRUNCATED),
    Row("F24", resetting_after(b""), errors.RESET),
    Row("F24 in the body", resetting_after(OK + b"Content-Length: 500\r\n\r\n{"), errors.TRUNCATED),
    Row("F25", http({}, status="429 Slow", headers="Retry-After: 99999999\r\n"), errors.RATE_LIMITED),
    *(
        Row(f"F25 {wait}", http({}, status="429 Slow", headers=f"Retry-After: {wait}\r\n"), errors.RATE_LIMITED)
        for wait in ("-1", "soon", "Fri, 31 Dec 1999 23:59:59 GMT")
    ),
    Row("F26 many", closing_after(OK + HEADERS + b"\r\n{}"), errors.SHAPE),
    Row("F26 long", closing_after(OK + b"X-Long: " + b"a" * 200_000 + b"\r\n\r\n"), errors.SHAPE),
    Row("F27 101", closing_after(b"HTTP/1.1 101 No\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), errors.STATUS),
    Row("F27 204", closing_after(b"HTTP/1.1 204 No Content\r\n\r\n"), errors.STATUS),
    Row("F27 206", http({}, status="206 Partial"), errors.STATUS),
    Row("F27 304", closing_after(b"HTTP/1.1 304 Not Modified\r\n\r\n"), errors.STATUS),
    Row("F17 alternatives", dripping(ALTERNATIVES, every_s=0, head=SSE), errors.TOO_LARGE, STREAM, or_deadline=True),
    Row("F17 text", dripping(delta("x" * 60_000), every_s=0, head=SSE), errors.TOO_LARGE, STREAM, or_deadline=True),
]  # fmt: skip
rows = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


def ask(row: Row, times: int) -> tuple[list[Answer], float]:
    """The answers, and the seconds that the slowest took."""

    async def scene() -> tuple[list[Answer], float]:
        async with serving(row.reply) as server, Client(allow=ALLOW, retry=ONCE, patience=Patience(9, 9)) as client:
            address, took = Address(server.base_url, concurrency=50), [0.0]

            async def call(number: int) -> Answer:
                began = time.monotonic()
                request = ChatRequest("m", (Message("user", f"hi {number}"),), row.parameters)
                answer = await client.complete(address, request, deadline_s=DEADLINE_S)
                took.append(time.monotonic() - began)
                return answer

            return list(await asyncio.gather(*map(call, range(times)))), max(took)

    return asyncio.run(scene())


def end_of(answer: Answer) -> str | tuple[str, tuple[str, ...]]:
    done = answer.completion
    return (done.text, done.flags) if done else str(answer.fault)


@rows
def test_it_ends_in_its_own_code(row: Row) -> None:
    (answer,), _ = ask(row, 1)
    assert (end_of(answer), answer.attempts) == (row.end, 1)


@pytest.mark.slow
@rows
def test_fifty_rows_of_it_end_in_time_and_in_bounded_memory(row: Row) -> None:
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from now on
    before = peak_mib()
    answers: list[Answer] = []
    slowest_s = 0.0
    for _ in range(5):
        # Ten at once, and all of them before the first fault: nobody waits at a gate that a fault closed.
        ten, took_s = ask(row, 10)
        answers, slowest_s = answers + ten, max(slowest_s, took_s)
    allowed = {row.end, errors.DEADLINE} if row.or_deadline else {row.end}
    assert {end_of(answer) for answer in answers} <= allowed
    assert len(answers) == 50
    assert slowest_s < DEADLINE_S + 1
    assert peak_mib() - before < MEMORY_MIB


BROKEN: list[tuple[str, bytes, int | None, dict[str, object]]] = [
    ("F21 two in one event", SSE + b"data: {}{}\n\n", 8, STREAM),
    ("F21 after a good event", SSE + delta("hi") + b': note\r\ndata:{"a" 1}\n\n', len(delta("hi")) + 8 + 5 + 5, STREAM),
    ("F21 in lines", SSE + b"\xef\xbb\xbfdata: {\ndata: ]\n\n", 3 + 6, STREAM),
    ("F21 a list", SSE + b"\ndata: []\n\n", 1 + 6, STREAM),
    ("whole, broken", OK + b'Content-Length: 12\r\n\r\n{"\xc3\xa9": 1,, }', 9, {}),
    ("whole, another form", OK + b"Content-Length: 2\r\n\r\n{}", None, {}),
    ("whole, where none can be named", OK + b"Content-Length: 3\r\n\r\n{\xff}", None, {}),
]


@pytest.mark.parametrize(("reply", "at", "parameters"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_an_answer_of_another_form_tells_the_byte_where_it_breaks(
    reply: bytes, at: int | None, parameters: dict[str, object]
) -> None:
    heard: list[Ended] = []

    class Listening:
        async def open(self, request: ChatRequest, number: int) -> object:
            return number

        async def close(self, ticket: object, ended: Ended) -> None:
            heard.append(ended)

    async def scene() -> None:
        async with serving(closing_after(reply)) as server, Client(allow=ALLOW, retry=ONCE) as client:
            asked = ChatRequest("m", (Message("user", "hi"),), parameters)
            await client.complete(Address(server.base_url), asked, deadline_s=5, ledger=Listening())

    asyncio.run(scene())
    assert [(one.fault, one.broken_at) for one in heard] == [(errors.SHAPE, at)]


def test_f23_bytes_beyond_the_length_reach_nobody() -> None:
    async def scene() -> list[str]:
        first = http(chat("first")) + http(chat("stray"))
        async with serving(first, http(chat("second"))) as server, Client(allow=ALLOW, retry=ONCE) as client:
            asked = [ChatRequest("m", (Message("user", text),)) for text in ("a", "b")]
            done = [await client.complete(Address(server.base_url), one, deadline_s=5) for one in asked]
            return [answer.completion.text for answer in done if answer.completion]

    assert asyncio.run(scene()) == ["first", "second"]


@pytest.mark.parametrize("parameters", [{}, STREAM], ids=["whole", "streamed"])
def test_f28_an_answer_that_another_request_had_is_mixed_up_and_its_connections_are_left(
    parameters: dict[str, object],
) -> None:
    whole = http(chat("hello", id="chatcmpl-0123456789abcdef"))

    async def scene() -> tuple[list[str | None], list[int]]:
        async with serving(whole) as server, Client(allow=ALLOW, retry=ONCE) as client:
            asked = [ChatRequest("m", (Message("user", text),), parameters) for text in ("a", "a", "b", "a")]
            done = [await client.complete(Address(server.base_url), one, deadline_s=5) for one in asked]
            return [answer.fault for answer in done], [one.connection for one in server.asked]

    faults, connections = asyncio.run(scene())
    # The same request may be answered from a cache in between; another one may not.
    assert faults == [None, None, errors.MIXED, None]
    assert connections == [0, 0, 0, 1]


def test_a_short_id_may_be_met_twice_by_chance() -> None:
    async def scene() -> list[str | None]:
        async with serving(http(chat("hello", id="chatcmpl-7"))) as server, Client(allow=ALLOW, retry=ONCE) as client:
            asked = [ChatRequest("m", (Message("user", text),)) for text in ("a", "b")]
            return [(await client.complete(Address(server.base_url), one, deadline_s=5)).fault for one in asked]

    assert asyncio.run(scene()) == [None, None]


def peak_mib() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
