"""Of what arrives together a few are told at a time, and nothing is lost or told twice."""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections.abc import Iterator
from itertools import chain

import pytest

from apps.inference.loop import FEW, FewAtOnce, new_event_loop

Pair = tuple[socket.socket, socket.socket]
MANY = 3 * FEW + 1


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    found = [socket.socketpair() for _ in range(MANY)]
    yield found
    for one in found:
        for end in one:
            end.close()


@pytest.fixture
def selector(pairs: list[Pair]) -> Iterator[FewAtOnce]:
    """All have something to read."""
    with FewAtOnce() as found:
        for number, (here, there) in enumerate(pairs):
            found.register(here, selectors.EVENT_READ, number)
            there.send(b"x")
        yield found


def names(found: list[tuple[selectors.SelectorKey, int]]) -> list[int]:
    return [key.data for key, _ in found]


def test_a_few_are_told_at_a_time_and_everybody_before_anybody_again(selector: FewAtOnce) -> None:
    told = [names(selector.select(1)) for _ in range(4)]
    assert [len(one) for one in told] == [FEW, FEW, FEW, 1]
    assert sorted(chain.from_iterable(told)) == list(range(MANY))


def test_who_left_or_came_anew_meanwhile_is_not_told_of_before(selector: FewAtOnce, pairs: list[Pair]) -> None:
    waiting = sorted(set(range(MANY)) - set(names(selector.select(1))))
    left, anew, changed, *rest = waiting
    selector.unregister(pairs[left][0])
    selector.unregister(pairs[anew][0])
    selector.register(pairs[anew][0], selectors.EVENT_READ, 1000)
    selector.modify(pairs[changed][0], selectors.EVENT_WRITE, 1001)
    told = [names(selector.select(0)) for _ in range(2)]
    assert sorted(chain.from_iterable(told)) == rest


def test_without_anything_it_waits_as_long_as_it_is_told(pairs: list[Pair]) -> None:
    with FewAtOnce() as selector:
        selector.register(pairs[0][0], selectors.EVENT_READ)
        assert selector.select(0.01) == []


def test_a_loop_reads_all_that_comes_together_and_answers_the_first_before_the_last_is_read(pairs: list[Pair]) -> None:
    seen: list[str] = []

    async def read(here: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        assert await loop.sock_recv(here, 1) == b"x"
        seen.append("read")
        await asyncio.sleep(0)
        seen.append("acted")

    async def scene() -> None:
        tasks = [asyncio.create_task(read(here)) for here, _ in pairs]
        await asyncio.sleep(0)
        for _, there in pairs:
            there.send(b"x")
        await asyncio.gather(*tasks)

    for here, _ in pairs:
        here.setblocking(False)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(scene())
    assert seen.count("acted") == MANY
    assert "acted" in seen[: 3 * FEW]
