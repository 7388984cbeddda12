"""Permits: first come, first served, and their number may change while some are held."""

from __future__ import annotations

import asyncio

import pytest

from apps.inference.permits import Permits


class Callers:
    """Each holds a permit from when it gets one until it is told to go."""

    def __init__(self, permits: Permits) -> None:
        self.permits, self.inside, self._tasks = permits, list[str](), dict[str, asyncio.Task[None]]()
        self._go: dict[str, asyncio.Event] = {}

    async def come(self, *names: str) -> None:
        for name in names:
            self._go[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._hold(name))
        await self.settle()

    async def go(self, name: str) -> None:
        self._go[name].set()
        await self._tasks[name]
        await self.settle()

    async def give_up(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.wait([self._tasks[name]])
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _hold(self, name: str) -> None:
        async with self.permits:
            self.inside.append(name)
            try:
                await self._go[name].wait()
            finally:
                self.inside.remove(name)


def test_so_many_are_inside_and_the_others_follow_in_order() -> None:
    async def scene() -> None:
        callers = Callers(Permits(2))
        await callers.come("a", "b", "c", "d")
        assert callers.inside == ["a", "b"]
        await callers.go("a")
        assert callers.inside == ["b", "c"]
        await callers.go("c")
        assert callers.inside == ["b", "d"]

    asyncio.run(scene())


def test_fewer_take_nothing_away_and_more_let_in_at_once() -> None:
    async def scene() -> None:
        permits = Permits(3)
        callers = Callers(permits)
        await callers.come("a", "b", "c", "d", "e")
        permits.share(1)
        await callers.go("a")
        await callers.go("b")
        assert (callers.inside, permits.held) == (["c"], 1)
        permits.share(0)
        await callers.go("c")
        assert (callers.inside, permits.are_wanted) == ([], True)
        permits.share(5)
        await callers.settle()
        assert callers.inside == ["d", "e"]

    asyncio.run(scene())


@pytest.mark.parametrize("when", ["it waits", "it was just let in"])
def test_who_gives_up_leaves_its_place_to_the_next(when: str) -> None:
    async def scene() -> None:
        permits = Permits(1)
        callers = Callers(permits)
        await callers.come("a", "b", "c")
        if when == "it waits":
            await callers.give_up("b")
            await callers.go("a")
        else:
            callers._go["a"].set()
            await callers._tasks["a"]
            await callers.give_up("b")
        assert (callers.inside, permits.held) == (["c"], 1)

    asyncio.run(scene())


@pytest.mark.parametrize("most", [0, -1])
def test_a_limit_that_lets_nothing_through_is_refused(most: int) -> None:
    with pytest.raises(ValueError, match="lets nothing through"):
        Permits(most)
