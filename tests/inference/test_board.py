"""The board of one process: rates by the clock, a gate with one probe a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest

from apps.inference.board import CREDIT_S, OPEN, Gate, LocalBoard, Rates, Seen

T = TypeVar("T")
KEY = "end_1"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def run(awaitable: Awaitable[T]) -> T:
    async def scene() -> T:
        return await awaitable

    return asyncio.run(scene())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> LocalBoard:
    return LocalBoard(clock)


def reserve(
    board: LocalBoard, rates: Rates, *, calls: int = 1, tokens: int = 0, correction: int = 0
) -> tuple[float, float]:
    return run(board.reserve(KEY, rates, calls=calls, tokens=tokens, correction=correction))


def test_calls_are_spread_over_the_minute(board: LocalBoard, clock: Clock) -> None:
    rates = Rates(600, None)  # one every 0.1 s
    waits = [reserve(board, rates)[0] for _ in range(4)]
    assert waits == pytest.approx([0, 0, 0.1, 0.2])
    clock.now += 60
    assert [reserve(board, rates)[0] for _ in range(3)] == pytest.approx([0, 0, 0.1])


def test_a_block_takes_as_much_as_its_calls_one_by_one(board: LocalBoard) -> None:
    assert reserve(board, Rates(600, None), calls=11)[0] == 0
    assert reserve(board, Rates(600, None))[0] == pytest.approx(11 * 0.1 - CREDIT_S)


def test_tokens_are_reserved_and_put_right(board: LocalBoard) -> None:
    rates = Rates(None, 6000)  # a hundred a second
    assert reserve(board, rates, tokens=1000) == (0, 0)
    assert reserve(board, rates, tokens=100)[1] == pytest.approx(10 - CREDIT_S)
    # The first used only 200 of its 1,000.
    assert reserve(board, rates, tokens=0, correction=-800)[1] == pytest.approx(3 - CREDIT_S)


def test_without_a_limit_nothing_waits(board: LocalBoard) -> None:
    assert [reserve(board, Rates(None, None), calls=1000, tokens=10**6) for _ in range(3)] == [(0, 0)] * 3


def test_workers_nobody_sees_have_their_part(board: LocalBoard) -> None:
    board.workers[KEY] = 4
    assert [reserve(board, Rates(600, None))[0] for _ in range(3)] == pytest.approx([0, 0.3, 0.7])
    assert run(board.beat(KEY, "me", concurrency=10, held=0)) == Seen(3, 4, False)


def test_a_closed_gate_lets_one_probe_a_second_through(board: LocalBoard, clock: Clock) -> None:
    assert run(board.ask(KEY)) == OPEN
    run(board.close(KEY, wait_s=2, fault="rate_limited"))
    assert run(board.ask(KEY)) == Gate(False, False, 2.0, 0.0, "rate_limited")
    clock.now += 2
    assert [run(board.ask(KEY)).is_probe for _ in range(3)] == [True, False, False]
    clock.now += 1
    assert [run(board.ask(KEY)).is_probe for _ in range(3)] == [True, False, False]
    assert run(board.beat(KEY, "me", concurrency=10, held=0)).is_closed
    run(board.open(KEY))
    assert run(board.ask(KEY)) == OPEN


def test_closing_again_keeps_since_when_and_never_shortens(board: LocalBoard, clock: Clock) -> None:
    run(board.close(KEY, wait_s=10, fault="rate_limited"))
    clock.now += 1
    run(board.close(KEY, wait_s=1, fault="upstream_failed"))
    assert run(board.ask(KEY)) == Gate(False, False, 9.0, 1.0, "upstream_failed")


def test_a_stranger_to_the_endpoint_finds_it_open(board: LocalBoard) -> None:
    run(board.close(KEY, wait_s=10, fault="x"))
    run(board.leave(KEY, "me"))
    assert run(board.ask("end_2")) == OPEN
