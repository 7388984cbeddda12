"""Permits of a rate come in small blocks and at their time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace

import pytest

from apps.inference.board import LocalBoard, Rates
from apps.inference.rates import KEPT_S, Rate
from apps.kernel.chat import ChatRequest, Message

ASK = ChatRequest("m", (Message("user", "x" * 400),), {"max_tokens": 900})


@dataclass
class Told:
    """A board that only notes what it is asked for, and answers that all may go at once."""

    asked: list[tuple[int, int, int]] = field(default_factory=list)

    async def reserve(self, key: str, rates: Rates, *, calls: int, tokens: int, correction: int) -> tuple[float, float]:
        self.asked.append((calls, tokens, correction))
        return 0.0, 0.0


def rate(board: Told, requests: int | None = None, tokens: int | None = None) -> Rate:
    return Rate("key", board, Rates(requests, tokens))  # type: ignore[arg-type]


def test_without_a_limit_the_board_is_never_asked() -> None:
    board = Told()
    assert asyncio.run(rate(board).take(ASK)) == 0
    assert board.asked == []


def test_a_quick_rate_is_fetched_in_blocks_and_a_slow_one_call_by_call() -> None:
    async def takes(one: Rate, times: int) -> None:
        for _ in range(times):
            await one.take(ASK)

    quick, slow = Told(), Told()
    asyncio.run(takes(rate(quick, requests=60_000), 40))  # a thousand a second, blocks of twenty
    asyncio.run(takes(rate(slow, requests=600), 2))
    assert quick.asked == [(20, 0, 0), (20, 0, 0)]
    assert slow.asked == [(1, 0, 0), (1, 0, 0)]


def test_permits_that_were_not_used_are_void() -> None:
    async def scene(one: Rate) -> None:
        await one.take(ASK)
        await asyncio.sleep(KEPT_S + 0.05)
        await one.take(ASK)

    board = Told()
    asyncio.run(scene(rate(board, requests=60_000)))
    assert len(board.asked) == 2


def test_tokens_are_reserved_by_estimate_and_put_right_with_the_next() -> None:
    async def scene(one: Rate) -> list[int]:
        first = await one.take(ASK)
        one.used(first, 250)
        one.learn(150)
        second = await one.take(ASK)
        one.used(second, None)
        third = await one.take(ASK)
        return [first, second, third]

    board = Told()
    # 400 characters are 100 tokens; an answer may have 900, until one is known to have 150.
    assert asyncio.run(scene(rate(board, tokens=10_000))) == [1000, 250, 250]
    assert board.asked == [(1, 1000, 0), (1, 250, -750), (1, 250, 0)]


def test_nobody_goes_before_his_time() -> None:
    async def scene() -> list[float]:
        one = Rate("key", LocalBoard(time.monotonic), Rates(1200, None))  # one every 50 ms
        began = time.monotonic()
        gone: list[float] = []

        async def call() -> None:
            await one.take(ASK)
            gone.append(time.monotonic() - began)

        await asyncio.gather(*(call() for _ in range(10)))
        return gone

    gone = asyncio.run(scene())
    earliest = [max(0.0, number * 0.05 - 0.1) for number in range(10)]
    assert all(at >= least - 0.005 for at, least in zip(gone, earliest, strict=True))


@pytest.mark.parametrize("parameters", [{}, {"max_tokens": "many"}, {"max_tokens": -5}])
def test_a_request_without_a_usable_bound_is_estimated_by_itself(parameters: dict[str, object]) -> None:
    board = Told()
    asked = ChatRequest("m", (Message("user", "x" * 400),), parameters)
    assert asyncio.run(rate(board, tokens=1000).take(asked)) == 100


def test_a_given_text_is_reserved_for_and_not_an_answers_usual_length() -> None:
    """400 characters asked and 400 given are about 200 tokens, and one more is wanted; answers so far had 50."""
    board = Told()
    one = rate(board, tokens=60)
    one.learn(50)
    asyncio.run(one.take(replace(ASK, parameters={"max_tokens": 1}, given="y" * 400)))
    assert board.asked == [(1, 201, 0)]
