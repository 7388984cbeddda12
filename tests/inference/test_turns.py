"""Turns at an endpoint: its places divided among workers, its gate, and how long a call is patient."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

import pytest

from apps.inference import errors
from apps.inference.board import LocalBoard, Rates, Seen
from apps.inference.ledger import Ended
from apps.inference.turns import FAULTS_IN_A_ROW, ClosedTooLong, Pass, Patience, Turn
from apps.kernel.chat import ChatRequest, Completion, Message, Usage

T = TypeVar("T")
ASK = ChatRequest("m", (Message("user", "hi"),))
GOOD = Ended(None, Completion("hi", "stop", Usage(1, 1)), 5.0, None, 200)
PATIENT = Patience(30, 30)


def fails(code: str = errors.FAILED) -> Ended:
    return Ended(code, None, 5.0, None, 500)


class Crowd(LocalBoard):
    """A board that gives this worker so many places, and notes with how many calls in flight it was asked."""

    def __init__(self, *places: int, workers: int = 2) -> None:
        super().__init__(time.monotonic)
        self.places, self.others, self.held, self.left = list(places), workers, list[int](), 0

    async def beat(self, key: str, member: str, *, concurrency: int, held: int) -> Seen:
        self.held.append(held)
        return Seen(self.places.pop(0), self.others, False)

    async def leave(self, key: str, member: str) -> None:
        self.left += 1


def turn(board: LocalBoard | None = None, *, concurrency: int = 10) -> Turn:
    board = board or LocalBoard(time.monotonic)
    return Turn("end_1", "me", board, concurrency=concurrency, rates=Rates(None, None))


async def make(one: Turn, ended: Ended, patience: Patience = PATIENT, asked_wait_s: float | None = None) -> Pass:
    async with one.enter(ASK, patience) as passed:
        pass
    await one.heard(passed, ended, asked_wait_s)
    return passed


def run(awaitable: Awaitable[T]) -> T:
    async def scene() -> T:
        return await awaitable

    return asyncio.run(scene())


def test_a_worker_has_the_places_that_the_board_gives_and_tells_what_it_holds() -> None:
    async def scene() -> list[int]:
        board = Crowd(3, 1, 0, 10)
        one, seen = turn(board), list[int]()
        async with one.enter(ASK, PATIENT), one.enter(ASK, PATIENT):
            for _ in range(3):
                seen.append(one.permits.most)
                await one.beat()
        assert board.held == [0, 2, 2, 2]
        return [*seen, one.permits.most]

    assert run(scene()) == [3, 1, 0, 10]


def test_without_a_place_a_call_waits_for_one() -> None:
    async def scene() -> None:
        one = turn(Crowd(0, 1))
        waiting = asyncio.create_task(make(one, GOOD))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await one.beat()
        await asyncio.wait_for(waiting, 1)

    run(scene())


@pytest.mark.parametrize(("workers", "left"), [(1, 1), (2, 0)])
def test_a_client_that_ends_keeps_its_part_among_others_for_the_next(workers: int, left: int) -> None:
    board = Crowd(5, workers=workers)
    one = turn(board)
    run(one.beat())
    run(one.rest())
    assert board.left == left


def test_faults_in_a_row_close_the_gate_and_a_probe_that_is_answered_opens_it() -> None:
    async def scene() -> None:
        one = turn()
        for _ in range(FAULTS_IN_A_ROW - 1):
            assert not (await make(one, fails())).is_probe
        await make(one, GOOD)
        for _ in range(FAULTS_IN_A_ROW):
            assert not (await make(one, fails())).is_probe
        began = time.monotonic()
        assert (await make(one, GOOD)).is_probe
        assert time.monotonic() - began >= 0.9
        assert not (await make(one, GOOD)).is_probe

    run(scene())


@pytest.mark.parametrize("code", [errors.BAD_REQUEST, errors.REFUSED_KEY, errors.SHAPE])
def test_a_server_that_refuses_answers_all_the_same(code: str) -> None:
    async def scene() -> None:
        one = turn()
        for _ in range(FAULTS_IN_A_ROW * 3):
            assert not (await make(one, fails(code))).is_probe

    run(scene())


def test_a_pause_that_is_asked_for_holds_for_everybody_and_then_one_asks_first() -> None:
    async def scene() -> list[bool]:
        one = turn()
        await make(one, fails(errors.RATE_LIMITED), asked_wait_s=1.2)
        began = time.monotonic()
        passes = await asyncio.gather(*(make(one, GOOD) for _ in range(5)))
        assert time.monotonic() - began >= 1.1
        return [passed.is_probe for passed in passes]

    assert sorted(run(scene())) == [False, False, False, False, True]


def test_a_probe_that_fails_keeps_the_gate_closed_for_another_second() -> None:
    async def scene() -> tuple[list[bool], float]:
        one = turn()
        for _ in range(FAULTS_IN_A_ROW):
            await make(one, fails())
        began = time.monotonic()
        probes = [(await make(one, fails())).is_probe, (await make(one, GOOD)).is_probe]
        return probes, time.monotonic() - began

    probes, seconds = run(scene())
    assert probes == [True, True]
    assert seconds >= 1.9


@pytest.mark.parametrize(
    ("code", "patience"),
    [(errors.RATE_LIMITED, Patience(slowed_s=0.3, failing_s=60)), (errors.RESET, Patience(slowed_s=60, failing_s=0.3))],
)
def test_patience_with_a_closed_endpoint_ends(code: str, patience: Patience) -> None:
    async def scene() -> list[str]:
        one = turn()
        await make(one, fails(code), asked_wait_s=50)
        waited = [make(one, GOOD, patience) for _ in range(3)]
        done = await asyncio.gather(*waited, return_exceptions=True)
        return [one.code for one in done if isinstance(one, ClosedTooLong)]

    began = time.monotonic()
    assert run(scene()) == [code] * 3
    assert time.monotonic() - began < 10


def test_a_gate_that_another_worker_closed_is_heard_of_at_the_next_beat() -> None:
    async def scene() -> bool:
        board = LocalBoard(time.monotonic)
        one, other = turn(board), turn(board)
        await make(one, fails(errors.RATE_LIMITED), asked_wait_s=0.4)
        await other.beat()
        return (await make(other, GOOD)).is_probe

    assert run(scene())


def test_who_stops_waiting_leaves_the_place_to_the_next() -> None:
    async def scene() -> None:
        one = turn(concurrency=1)
        async with one.enter(ASK, PATIENT):
            impatient = asyncio.ensure_future(make(one, GOOD))
            await asyncio.sleep(0)
            impatient.cancel()
            await asyncio.gather(impatient, return_exceptions=True)
            next_ = asyncio.ensure_future(make(one, GOOD))
            await asyncio.sleep(0.01)
            assert not next_.done()
        await next_
        assert one.permits.held == 0

    run(scene())
