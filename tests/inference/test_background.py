"""What is ready goes first; of those behind, one a round."""

from __future__ import annotations

import asyncio

from apps.inference.background import Background


def test_what_was_woken_goes_first_and_the_others_in_order() -> None:
    async def scene() -> list[str]:
        background, seen, freed = Background(), list[str](), asyncio.Event()

        async def behind(name: str) -> None:
            freed.set()
            await background.turn()
            seen.append(name)

        async def woken() -> None:
            await freed.wait()
            seen.append("woken")

        first = asyncio.create_task(woken())
        await asyncio.sleep(0)
        await asyncio.gather(first, *(behind(name) for name in "abc"))
        return seen

    assert asyncio.run(scene()) == ["woken", "a", "b", "c"]


def test_one_goes_on_in_each_round_of_the_loop() -> None:
    async def scene() -> list[int]:
        background, seen, number = Background(), list[int](), 0

        async def behind() -> None:
            await background.turn()
            seen.append(number)

        tasks = [asyncio.create_task(behind()) for _ in range(3)]
        while len(seen) < len(tasks):
            number += 1
            await asyncio.sleep(0)
        return [at - seen[0] for at in seen]

    assert asyncio.run(scene()) == [0, 1, 2]


def test_who_gave_up_holds_nobody_up() -> None:
    async def scene() -> list[str]:
        background, seen = Background(), list[str]()

        async def behind(name: str) -> None:
            await background.turn()
            seen.append(name)

        tasks = [asyncio.create_task(behind(name)) for name in "abc"]
        await asyncio.sleep(0)
        tasks[0].cancel()
        await asyncio.wait(tasks)
        await behind("later")
        return seen

    assert asyncio.run(scene()) == ["b", "c", "later"]
