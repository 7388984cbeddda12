"""The client against a loopback server that breaks every rule: each fault ends as its code, and soon."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from dataclasses import dataclass, field, replace

import pytest

from apps.inference import errors
from apps.inference.client import ANSWER_BYTES, BEAT_S, Address, Answer, Client, body_of, request_digest
from apps.inference.ledger import Ended
from apps.inference.retry import RetryPolicy
from apps.inference.turns import Patience, Turn
from apps.kernel.chat import ChatRequest, Message
from tests.inference.hostile import Asked, Reply, chat, closing_after, dripping, http, resetting_after, serving

ALLOW = ("127.0.0.1:*",)
ASK = ChatRequest("a-model", (Message("user", "hi"),), {"temperature": 0})
ONCE = RetryPolicy(random=lambda: 0.0, attempts=1)
AT_ONCE = RetryPolicy(random=lambda: 0.0, attempts=4)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Talk:
    answers: list[Answer]
    asked: list[Asked]
    seconds: float

    @property
    def fault(self) -> str | None:
        return self.answers[-1].fault

    @property
    def text(self) -> str | None:
        done = self.answers[-1].completion
        return done.text if done else None


def talk(
    *replies: Reply,
    calls: int = 1,
    retry: RetryPolicy = ONCE,
    deadline_s: float = 5.0,
    credential: str | None = None,
    allow: tuple[str, ...] = ALLOW,
    patience: Patience | None = None,
) -> Talk:
    """Ask as many times as told, one after the other, through one client."""

    async def scene() -> Talk:
        async with serving(*replies) as server, Client(allow=allow, retry=retry, patience=patience) as client:
            began = time.monotonic()
            address = Address(server.base_url, credential)
            answers = [await client.complete(address, ASK, deadline_s=deadline_s) for _ in range(calls)]
            return Talk(answers, server.asked, time.monotonic() - began)

    return asyncio.run(scene())


def test_it_closes_though_a_beat_swallows_its_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    """As wait_for of Python 3.11 may, by which the board sends: a slice once waited for this for ever."""
    beat, swallowed = Turn.beat, []

    async def deaf(turn: Turn) -> None:
        await beat(turn)
        try:
            await asyncio.sleep(5 if asyncio.current_task() in beats else 0)
        except asyncio.CancelledError:
            swallowed.append(True)

    async def scene() -> None:
        async with serving(http(chat("hello"))) as server, Client(allow=ALLOW) as client:
            beats.append(client._beating)
            await client.complete(Address(server.base_url), ASK, deadline_s=5)
            await asyncio.sleep(BEAT_S + 0.2)

    beats: list[object] = []
    monkeypatch.setattr(Turn, "beat", deaf)
    asyncio.run(asyncio.wait_for(scene(), 5))
    assert swallowed == [True]


@dataclass
class Noting:
    """A ledger that notes what was asked of it, in order."""

    noted: list[str] = field(default_factory=list)

    async def open(self, request: ChatRequest, number: int) -> object:
        self.noted.append("open")
        return None

    async def close(self, ticket: object, ended: Ended) -> None:
        self.noted.append("close")


def test_answers_that_come_together_are_read_after_the_next_calls_are_out() -> None:
    together, calls = 4, 8

    async def scene() -> list[str]:
        here, both = [0], asyncio.Event()

        async def answer(writer: asyncio.StreamWriter) -> None:
            here[0] += 1
            if here[0] == together:
                both.set()
            await both.wait()
            writer.write(http(chat("hello")))
            await writer.drain()

        async with serving(answer) as server, Client(allow=ALLOW, retry=ONCE) as client:
            address, ledger = Address(server.base_url, concurrency=together), Noting()
            asked = (client.complete(address, ASK, deadline_s=5, ledger=ledger) for _ in range(calls))
            answers = await asyncio.gather(*asked)
            assert all(answer.completion for answer in answers)
            return ledger.noted

    assert asyncio.run(scene()) == ["open"] * calls + ["close"] * calls


def test_an_ordinary_answer_is_read() -> None:
    done = talk(http(chat("hello")), credential="sk-1")
    answer = done.answers[0]
    assert (done.text, answer.fault, answer.attempts) == ("hello", None, 1)
    assert answer.latency_ms is not None
    assert 0 < answer.latency_ms <= done.seconds * 1000


def test_the_request_carries_the_key_and_only_what_was_set() -> None:
    (asked,) = talk(http(chat()), credential="sk-1").asked
    assert asked.line == "POST /v1/chat/completions HTTP/1.1"
    assert asked.headers["authorization"] == "Bearer sk-1"
    assert asked.headers["accept-encoding"] == "identity"
    assert "cookie" not in asked.headers
    assert asked.body == {"temperature": 0, "model": "a-model", "messages": [{"role": "user", "content": "hi"}]}


def test_without_a_key_none_is_sent() -> None:
    assert "authorization" not in talk(http(chat())).asked[0].headers


@pytest.mark.parametrize("credential", ["sk 1", "sk\n1", "schlüssel", "sk\x00"])
def test_a_key_that_no_header_can_carry_is_never_sent(credential: str) -> None:
    done = talk(http(chat()), credential=credential)
    assert (done.fault, done.answers[0].attempts, done.asked) == (errors.CREDENTIAL, 0, [])


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (http(b"<html><body>Welcome</body></html>"), errors.HTML),
        (http(b"<html>bad gateway</html>", status="502 Bad Gateway"), errors.FAILED),
        (http(b"", status="503 Service Unavailable"), errors.FAILED),
        (http(b""), errors.EMPTY),
        (http({}), errors.SHAPE),
        (http({"choices": []}), errors.SHAPE),
        (http({"choices": None}), errors.SHAPE),
        (http(b"[" * 100_000), errors.SHAPE),
        (http(b'{"choices": '), errors.SHAPE),
        (http(b"no json at all"), errors.SHAPE),
        (http({"error": {"message": "bad"}}, status="400 Bad Request"), errors.BAD_REQUEST),
        (http({"error": {"code": "context_length_exceeded"}}, status="400 Bad Request"), errors.CONTEXT_OVERFLOW),
        (http({}, status="401 Unauthorized"), errors.REFUSED_KEY),
        (http({}, status="404 Not Found"), errors.NO_SUCH_MODEL),
        (http({}, status="429 Too Many Requests"), errors.RATE_LIMITED),
        (http(b"", status="302 Found", headers="Location: http://169.254.169.254/\r\n"), errors.REDIRECTED),
        (http({}, status="206 Partial Content"), errors.STATUS),
        (closing_after(b"HTTP/1.1 204 No Content\r\n\r\n"), errors.STATUS),
        (closing_after(b"HTTP/1.1 304 Not Modified\r\n\r\n"), errors.STATUS),
        (closing_after(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), errors.STATUS),
        (http(gzip.compress(b"0" * 300_000_000, 1), headers="Content-Encoding: gzip\r\n"), errors.ENCODING),
        (closing_after(http(chat(), length=1_000_000)), errors.TRUNCATED),
        (closing_after(CHUNKED + b"5\r\n{\"cho\r\n"), errors.TRUNCATED),
        (resetting_after(b""), errors.RESET),
        (resetting_after(OK + b"Content-Length: 500\r\n\r\n{"), errors.TRUNCATED),
        (closing_after(b""), errors.RESET),
        (closing_after(OK + b"X-Long: " + b"a" * 200_000 + b"\r\n\r\n"), errors.SHAPE),
        (closing_after(b"SSH-2.0-OpenSSH_9.2\r\n"), errors.SHAPE),
        (closing_after(CHUNKED + b"zz\r\n"), errors.SHAPE),
        (http(b"x" * (ANSWER_BYTES + 1)), errors.TOO_LARGE),
    ],
    ids=[
        "html", "502-html", "503-empty", "empty", "object", "no-choice", "null-choices", "deep", "cut-json", "text",
        "400", "overflow", "401", "404", "429", "redirect", "206", "204", "304", "101", "gzip-bomb", "short-body",
        "short-chunks", "reset", "reset-in-body", "closed", "long-header", "ssh", "bad-chunk", "large",
    ],
)  # fmt: skip
def test_what_a_server_does_wrong_ends_as_its_code(reply: Reply, fault: str) -> None:
    done = talk(reply)
    answer = done.answers[0]
    assert (answer.completion, answer.fault, answer.latency_ms, answer.attempts) == (None, fault, None, 1)
    assert done.seconds < 4


def test_three_thousand_headers_end_soon() -> None:
    headers = b"".join(b"X-%d: y\r\n" % number for number in range(3000))
    body = http(chat())[len(OK) :]
    done = talk(closing_after(OK + headers + body))
    assert done.fault in (None, errors.SHAPE)
    assert done.seconds < 4


@pytest.mark.parametrize(
    "reply",
    [
        dripping(b" ", every_s=0.05, head=OK + b"Content-Length: 100000\r\n\r\n"),
        dripping(b"10\r\n: keep-alive\n\n  \r\n", every_s=0.01, head=CHUNKED),
        dripping(b"HTTP/1.1 100 Continue\r\n\r\n", every_s=0.01),
        dripping(b"", every_s=0.05),
    ],
    ids=["drip", "keep-alives", "continue", "silence"],
)
def test_the_deadline_is_a_total(reply: Reply) -> None:
    done = talk(reply, deadline_s=0.4)
    assert done.fault == errors.DEADLINE
    assert 0.35 < done.seconds < 1.5


def test_an_endless_body_is_left_at_four_mebibytes() -> None:
    endless = dripping(b"10000\r\n" + b"x" * 0x10000 + b"\r\n", every_s=0, head=CHUNKED)
    assert talk(endless).fault == errors.TOO_LARGE


def test_a_code_point_split_over_two_packets_is_whole() -> None:
    body = http(chat("é")).replace(b"\\u00e9", "é".encode()).replace(b"Content-Length", b"X-Not-Length")
    at = body.index("é".encode()) + 1

    async def reply(writer: asyncio.StreamWriter) -> None:
        writer.write(body[:at])
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.write(body[at:])
        await writer.drain()

    done = talk(reply)
    assert done.text == "é"
    assert done.answers[0].completion is not None
    assert done.answers[0].completion.flags == ()


def test_bytes_beyond_the_length_never_reach_the_next_answer() -> None:
    done = talk(http(chat("first")) + http(chat("stray")), http(chat("second")), calls=2)
    assert [answer.completion and answer.completion.text for answer in done.answers] == ["first", "second"]
    assert [one.connection for one in done.asked] == [0, 1]


def test_a_whole_answer_leaves_its_connection_to_the_next_call() -> None:
    done = talk(http(chat()), calls=3)
    assert [one.connection for one in done.asked] == [0, 0, 0]


def test_what_may_pass_is_tried_again() -> None:
    failed = http({}, status="503 Service Unavailable")
    done = talk(failed, resetting_after(b""), http(chat("at last")), retry=AT_ONCE)
    assert (done.text, done.answers[0].attempts, len(done.asked)) == ("at last", 3, 3)


def test_what_stays_wrong_is_not_tried_again() -> None:
    done = talk(http({}, status="401 Unauthorized"), retry=AT_ONCE)
    assert (done.fault, done.answers[0].attempts, len(done.asked)) == (errors.REFUSED_KEY, 1, 1)


def test_attempts_end() -> None:
    done = talk(http({}, status="500 Oops"), retry=AT_ONCE)
    assert (done.fault, done.answers[0].attempts, len(done.asked)) == (errors.FAILED, 4, 4)


def test_a_server_that_asks_for_a_pause_gets_it() -> None:
    done = talk(http({}, status="429 Slow", headers="Retry-After: 1\r\n"), http(chat("later")), retry=AT_ONCE)
    assert done.text == "later"
    assert done.seconds >= 1


def test_a_pause_beyond_patience_ends_the_call_at_once() -> None:
    slow = http({}, status="429 Slow", headers="Retry-After: 99999999\r\n")
    done = talk(slow, retry=AT_ONCE, deadline_s=2, patience=Patience(slowed_s=2))
    assert (done.fault, done.answers[0].attempts, len(done.asked)) == (errors.RATE_LIMITED, 1, 1)
    assert done.seconds < 1


def test_a_pause_costs_no_answer_and_no_try() -> None:
    slow = http({}, status="429 Slow", headers="Retry-After: 1\r\n")
    twice = RetryPolicy(random=lambda: 0.0, attempts=2)
    done = talk(slow, slow, http(chat("later")), retry=twice, deadline_s=0.5)
    assert (done.text, done.answers[0].attempts) == ("later", 3)
    assert done.seconds >= 2


def test_back_off_never_goes_beyond_the_deadline() -> None:
    patient = RetryPolicy(random=lambda: 1.0, attempts=4, first_wait_s=30.0)
    done = talk(http({}, status="500 Oops"), retry=patient, deadline_s=2)
    assert (done.fault, len(done.asked)) == (errors.FAILED, 1)
    assert done.seconds < 1


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert talk(http(chat("direct"))).text == "direct"


def test_a_cookie_is_forgotten() -> None:
    done = talk(http(chat(), headers="Set-Cookie: a=b\r\n"), calls=2)
    assert "cookie" not in done.asked[1].headers


@pytest.mark.parametrize(("allow", "fault"), [((), errors.UNREACHABLE), (("10.0.0.0/8:8000",), errors.ADDRESS_BLOCKED)])
def test_a_closed_address_is_not_connected_to(allow: tuple[str, ...], fault: str) -> None:
    done = talk(http(chat()), allow=allow)
    assert (done.fault, done.asked) == (fault, [])


def test_calls_in_flight_are_limited_by_address() -> None:
    flying = most = 0

    async def reply(writer: asyncio.StreamWriter) -> None:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.05)
        flying -= 1
        writer.write(http(chat()))
        await writer.drain()

    async def scene() -> list[Answer]:
        async with serving(reply) as server, Client(allow=ALLOW, retry=ONCE) as client:
            address = Address(server.base_url, concurrency=2)
            return await asyncio.gather(*(client.complete(address, ASK, deadline_s=0.3) for _ in range(12)))

    answers = asyncio.run(scene())
    # Twelve calls of 50 ms by two at once take longer than one call's deadline: waiting for a turn is not counted.
    assert [answer.fault for answer in answers] == [None] * 12
    assert most == 2


def test_an_address_never_shows_its_key() -> None:
    assert "sk-secret" not in repr(Address("https://models.example/v1", "sk-secret"))


def test_the_body_and_its_digest_are_known_without_a_call() -> None:
    done = talk(http(chat()))
    address = Address("http://127.0.0.1:8000/v1", "sk-1", key="end_1")
    assert json.loads(body_of(address, ASK)) == done.asked[0].body
    digest = request_digest(address, ASK)
    assert (digest[:7], len(digest)) == ("sha256:", 71)
    # Neither key nor limits change what is asked.
    assert request_digest(replace(address, credential="sk-2", concurrency=9, requests_per_minute=5), ASK) == digest
    others = (
        request_digest(replace(address, key="end_2"), ASK),
        request_digest(replace(address, base_url="http://127.0.0.1:8001/v1"), ASK),
        request_digest(replace(address, dialect="openai_completions"), ASK),
        request_digest(address, replace(ASK, model="other")),
        request_digest(address, replace(ASK, parameters={"temperature": 1})),
    )
    assert len({digest, *others}) == 6


def test_an_endpoints_places_are_shared_by_all_its_models() -> None:
    flying = most = 0

    async def reply(writer: asyncio.StreamWriter) -> None:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        await asyncio.sleep(0.02)
        flying -= 1
        writer.write(http(chat()))
        await writer.drain()

    async def scene() -> None:
        async with serving(reply) as server, Client(allow=ALLOW, retry=ONCE) as client:
            ways = [
                Address(server.base_url, key="end_1", concurrency=2, dialect=name) for name in ("vllm", "openai_chat")
            ]
            await asyncio.gather(*(client.complete(way, ASK, deadline_s=5) for way in ways * 4))

    asyncio.run(scene())
    assert most == 2


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (http({}, status="500 Oops"), errors.FAILED),
        (http({}, status="429 Slow"), errors.RATE_LIMITED),
        (http({}, status="429 Slow", headers="Retry-After: 1\r\n"), errors.RATE_LIMITED),
        (closing_after(b""), errors.RESET),
    ],
    ids=["500", "429", "429 with a pause", "reset"],
)
def test_an_endpoint_that_never_comes_back_ends_every_call(reply: Reply, fault: str) -> None:
    retry = RetryPolicy(random=lambda: 0.0, attempts=50)

    async def scene() -> tuple[list[Answer], float]:
        patience = Patience(slowed_s=2.5, failing_s=2.5)
        async with serving(reply) as server, Client(allow=ALLOW, retry=retry, patience=patience) as client:
            began = time.monotonic()
            address = Address(server.base_url, concurrency=2)
            answers = [await client.complete(address, ASK, deadline_s=30)]
            answers += await asyncio.gather(*(client.complete(address, ASK, deadline_s=30) for _ in range(4)))
            return answers, time.monotonic() - began

    answers, seconds = asyncio.run(scene())
    assert [answer.fault for answer in answers] == [fault] * 5
    # The first is patient; once the endpoint was closed for so long, nobody else waits as long again.
    assert seconds < 15
