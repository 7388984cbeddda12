"""The shared board over a real Valkey, and what holds while it is away."""

from __future__ import annotations

import asyncio
import random
import socket
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from apps.inference.board import CREDIT_S, OPEN, Rates, Seen
from apps.inference.valkey_board import PREFIX, ValkeyBoard, is_store
from tests.worker import broker_url

Scene = Callable[[ValkeyBoard, ValkeyBoard, str], Awaitable[None]]


@asynccontextmanager
async def boards(url: str | None = None) -> AsyncIterator[tuple[ValkeyBoard, ValkeyBoard]]:
    one, other = ValkeyBoard(url or broker_url()), ValkeyBoard(url or broker_url())
    try:
        yield one, other
    finally:
        await one.aclose()
        await other.aclose()


async def beat(board: ValkeyBoard, key: str, member: str, *, concurrency: int = 10, held: int = 0) -> Seen:
    return await board.beat(key, member, concurrency=concurrency, held=held)


def play(scene: Scene, url: str | None = None) -> None:
    async def whole() -> None:
        async with boards(url) as (one, other):
            await scene(one, other, f"end_{uuid.uuid4().hex}")

    asyncio.run(whole())


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("redis://h/0", True), ("rediss://h", True), ("valkey://h", True), ("valkeys://h", True), ("unix:///s", True),
        ("amqp://h", False), ("", False),
    ],
)  # fmt: skip
def test_a_broker_of_another_kind_is_no_store(url: str, is_one: bool) -> None:
    assert is_store(url) is is_one


def test_workers_see_one_another_and_the_one_that_left_is_gone() -> None:
    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        assert await beat(one, key, "a") == Seen(10, 1, False)
        assert await beat(other, key, "b") == Seen(0, 2, False)
        assert await beat(one, key, "a") == Seen(5, 2, False)
        assert await beat(other, key, "b") == Seen(5, 2, False)
        await other.leave(key, "b")
        assert await beat(one, key, "a") == Seen(10, 1, False)

    play(scene)


def test_places_are_somebody_elses_only_once_their_calls_have_ended() -> None:
    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        await beat(one, key, "a")
        given = []
        for held in (10, 8, 6, 5, 5):
            mine, yours = await beat(one, key, "a", held=held), await beat(other, key, "b")
            given.append((mine.places, yours.places))
        assert given == [(10, 0), (5, 2), (5, 4), (5, 5), (5, 5)]

    play(scene)


@pytest.mark.parametrize(("concurrency", "workers"), [(24, 7), (2, 5), (64, 3)])
def test_places_are_never_more_than_the_limit_whatever_joins_and_leaves(concurrency: int, workers: int) -> None:
    dice = random.Random(7)

    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        held = dict.fromkeys((f"w{number}" for number in range(workers)), 0)
        most = dict(held)
        for _ in range(300):
            name = dice.choice(list(held))
            if dice.random() < 0.1:
                held[name] = most[name] = 0
                await other.leave(key, name)
                continue
            most[name] = (await beat(one, key, name, concurrency=concurrency, held=held[name])).places
            # Calls in flight end when they like; new ones start only within the places.
            held[name] = max(dice.randint(0, held[name]), dice.randint(0, most[name]))
            assert sum(held.values()) <= concurrency
        for _ in range(2):
            parts = [(await beat(one, key, name, concurrency=concurrency)).places for name in held]
        # Whose the odd places are goes round every few seconds; a round that falls into that may leave one unused.
        assert sum(parts) in (concurrency - 1, concurrency)
        assert max(parts) - min(parts) <= 1

    play(scene)


def test_who_says_nothing_for_long_has_no_places_any_more() -> None:
    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        await beat(one, key, "a", held=10)
        async with Redis.from_url(broker_url()) as store:
            await store.zadd(f"{PREFIX}{{{key}}}:workers", {"a": time.time() * 1e6 - 3.1e6})
        assert await beat(other, key, "b") == Seen(10, 1, False)

    play(scene)


def test_rates_are_taken_by_all_from_one_place() -> None:
    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        rates = Rates(60, 6000)  # a call a second, a hundred tokens a second
        by_calls, by_tokens = await one.reserve(key, rates, calls=10, tokens=500, correction=0)
        assert (by_calls, by_tokens) == (0, 0)
        by_calls, by_tokens = await other.reserve(key, rates, calls=1, tokens=0, correction=-200)
        assert by_calls == pytest.approx(10 - CREDIT_S, abs=0.5)
        assert by_tokens == pytest.approx(3 - CREDIT_S, abs=0.5)
        assert await other.reserve(f"{key}x", rates, calls=1, tokens=0, correction=0) == (0, 0)
        assert await other.reserve(key, Rates(None, None), calls=1, tokens=1, correction=0) == (0, 0)

    play(scene)


def test_a_gate_closes_for_all_and_lets_one_probe_a_second_through() -> None:
    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        assert await other.ask(key) == OPEN
        await one.close(key, wait_s=0.3, fault="rate_limited")
        gate = await other.ask(key)
        assert (gate.is_open, gate.is_probe, gate.fault) == (False, False, "rate_limited")
        assert 0 < gate.wait_s <= 0.3
        assert (await beat(other, key, "b")).is_closed
        await asyncio.sleep(0.35)
        asked = [await board.ask(key) for board in (one, other) * 5]
        assert [gate.is_probe for gate in asked] == [True] + [False] * 9
        assert asked[-1].closed_for_s >= 0.3
        await other.close(key, wait_s=30, fault="upstream_failed")
        await one.close(key, wait_s=1, fault="upstream_failed")
        gate = await one.ask(key)
        assert 25 < gate.wait_s <= 30
        assert gate.closed_for_s >= 0.3
        await other.open(key)
        assert await one.ask(key) == OPEN

    play(scene)


def test_every_key_names_the_endpoint_and_ends_by_itself() -> None:
    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        await beat(one, key, "a")
        await one.reserve(key, Rates(60, 60), calls=1, tokens=1, correction=0)
        await one.close(key, wait_s=1, fault="x")
        async with Redis.from_url(broker_url()) as store:
            names = sorted([name.decode() async for name in store.scan_iter(f"*{key}*")])
            assert names == [f"{PREFIX}{{{key}}}:{what}" for what in ("calls", "gate", "places", "tokens", "workers")]
            assert all([0 < await store.ttl(name) <= 120 for name in names])

    play(scene)


def test_while_it_is_away_each_worker_keeps_to_its_part() -> None:
    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        for number in range(4):
            await beat(one, key, f"w{number}")
        await lead(one, closed_port())
        rates, began = Rates(60, None), time.monotonic()
        waits = [(await one.reserve(key, rates, calls=1, tokens=0, correction=0))[0] for _ in range(3)]
        # A quarter of one a second each.
        assert waits == pytest.approx([0, 3.9, 7.9], abs=0.5)
        assert await beat(one, key, "w0") == Seen(3, 4, False)
        await one.close(key, wait_s=1, fault="rate_limited")
        assert not (await one.ask(key)).is_open
        await one.open(key)
        assert await one.ask(key) == OPEN
        await one.leave(key, "w0")
        assert time.monotonic() - began < 5

    play(scene)


def test_it_is_asked_again_when_it_is_back() -> None:
    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        port = one._store.connection_pool.connection_kwargs["port"]
        await lead(one, closed_port())
        assert await one.ask(key) == OPEN
        await lead(one, port)
        await other.close(key, wait_s=30, fault="x")
        assert await one.ask(key) == OPEN
        one._away_until = 0.0
        assert not (await one.ask(key)).is_open

    play(scene)


def test_a_store_that_was_never_there_lets_nothing_fail_and_nothing_through_without_limit() -> None:
    async def scene(one: ValkeyBoard, other: ValkeyBoard, key: str) -> None:
        assert await beat(one, key, "a") == Seen(10, 1, False)
        waits = [(await one.reserve(key, Rates(60, None), calls=1, tokens=0, correction=0))[0] for _ in range(2)]
        assert waits == pytest.approx([0, 0.9], abs=0.5)

    play(scene, f"redis://127.0.0.1:{closed_port()}/0")


async def lead(board: ValkeyBoard, port: int) -> None:
    """As if the store had gone, or come back: the same board, with new connections to this port."""
    pool = board._store.connection_pool
    await pool.disconnect()
    pool.connection_kwargs.update(port=port)
    pool.reset()


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
