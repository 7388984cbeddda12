"""One contract, held by the fake and by the real client alike; then what only the fake can do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from apps.inference import errors
from apps.inference.client import Address, Answer, Client
from apps.inference.retry import RetryPolicy
from apps.kernel.chat import ChatRequest, Message
from tests.fakes.provider import CalledInsideActing, FakeClient, Fault
from tests.inference.hostile import Reply, chat, http, serving

LOOPBACK = ("127.0.0.1:*",)
ONCE = RetryPolicy(random=lambda: 0.0, attempts=1)
ASK = ChatRequest("served-model", (Message("user", "hi"),))
HELLO = http(chat("hello"))
FAILED, RATE_LIMITED = http({}, status="500 Oops"), http({}, status="429 Slow")
Anyone = FakeClient | Client


@asynccontextmanager
async def real(reply: Reply, _: str | Fault, *, allow: tuple[str, ...]) -> AsyncIterator[tuple[Anyone, Address]]:
    async with serving(reply) as server, Client(allow=allow, retry=ONCE) as client:
        yield client, Address(server.base_url)


@asynccontextmanager
async def fake(_: Reply, answer: str | Fault, *, allow: tuple[str, ...]) -> AsyncIterator[tuple[Anyone, Address]]:
    async with FakeClient(lambda request: answer, allow=allow) as client:
        yield client, Address("http://127.0.0.1:8000/v1")


def ask(
    kind: str,
    reply: Reply = HELLO,
    answer: str | Fault = "hello",
    *,
    allow: tuple[str, ...] = LOOPBACK,
    at: Callable[[Address], Address] = lambda address: address,
) -> Answer:
    """What a client of the kind says where a server would give ``reply`` and a rule gives ``answer``."""

    async def scene() -> Answer:
        opened = {"real": real, "fake": fake}[kind]
        async with opened(reply, answer, allow=allow) as (client, address):
            return await client.complete(at(address), ASK, deadline_s=5.0)

    return asyncio.run(scene())


both = pytest.mark.parametrize("kind", ["real", "fake"])


@both
def test_an_answer_has_text_end_usage_model_and_time(kind: str) -> None:
    answer = ask(kind)
    done = answer.completion
    assert done is not None
    assert (done.text, done.finish_reason, done.model) == ("hello", "stop", "served-model")
    assert (answer.fault, answer.attempts) == (None, 1)
    assert (done.usage.output_tokens, done.flags) == (2, ())
    assert answer.latency_ms is not None
    assert answer.latency_ms > 0


@both
@pytest.mark.parametrize(("reply", "fault"), [(FAILED, errors.FAILED), (RATE_LIMITED, errors.RATE_LIMITED)])
def test_a_fault_is_a_value(kind: str, reply: Reply, fault: str) -> None:
    assert ask(kind, reply, Fault(fault)) == Answer(None, fault, None, 1)


@both
def test_a_key_that_no_header_can_carry_is_a_fault(kind: str) -> None:
    spoilt = ask(kind, at=lambda address: replace(address, credential="sk 1"))
    assert spoilt == Answer(None, errors.CREDENTIAL, None, 0)


@both
@pytest.mark.parametrize(("allow", "fault"), [((), errors.UNREACHABLE), (("10.0.0.0/8:8000",), errors.ADDRESS_BLOCKED)])
def test_a_closed_address_is_a_fault(kind: str, allow: tuple[str, ...], fault: str) -> None:
    assert ask(kind, allow=allow) == Answer(None, fault, None, 1)


@both
def test_a_concurrency_of_none_is_a_mistake_of_ours(kind: str) -> None:
    with pytest.raises(ValueError, match="lets nothing through"):
        ask(kind, at=lambda address: replace(address, concurrency=0))


@both
def test_a_client_that_was_not_opened_is_a_mistake_of_ours(kind: str) -> None:
    async def scene() -> None:
        client = Client(allow=LOOPBACK) if kind == "real" else FakeClient(lambda request: "hi", allow=LOOPBACK)
        await client.complete(Address("http://127.0.0.1:8000/v1"), ASK, deadline_s=1)

    with pytest.raises(RuntimeError, match="async with"):
        asyncio.run(scene())


def test_the_fake_refuses_to_be_called_inside_an_acting_block() -> None:
    async def scene(client: FakeClient) -> None:
        async with client:
            await client.complete(Address("https://models.example/v1"), ASK, deadline_s=1)

    client = FakeClient(lambda request: "hi", is_acting=lambda: True)
    with pytest.raises(CalledInsideActing):
        asyncio.run(scene(client))
    assert client.asked == []


def test_the_fake_keeps_what_was_asked_and_how_much_at_once() -> None:
    address = Address("https://models.example/v1", concurrency=2)

    async def scene(client: FakeClient) -> list[Answer]:
        async with client:
            calls: list[Awaitable[Answer]] = [client.complete(address, ASK, deadline_s=1) for _ in range(5)]
            return list(await asyncio.gather(*calls))

    client = FakeClient(lambda request: "hi")
    assert [answer.fault for answer in asyncio.run(scene(client))] == [None] * 5
    assert client.asked == [(address, ASK)] * 5
    assert client.most_in_flight == 2
