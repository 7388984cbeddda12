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
    """A board where so many workers call, this one at a place of its own."""

    def __init__(self, place: int, workers: int) -> None:
        super().__init__(time.monotonic)
        self.seen = Seen(place, workers, False)

    async def beat(self, key: str, member: str) -> Seen:
        return self.seen


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


@pytest.mark.parametrize(
    ("place", "workers", "most"),
    [(0, 1, 10), (0, 3, 4), (1, 3, 3), (2, 3, 3), (0, 20, 1), (9, 20, 1), (10, 20, 0)],
)
def test_places_are_divided_among_the_workers(place: int, workers: int, most: int) -> None:
    one = turn(Crowd(place, workers))
    run(one.beat())
    # Until the others have taken back theirs, a newcomer among them has one.
    assert one.permits.most == (most if workers == 1 else min(most, 1))
    one._alone_until = 0.1
    run(one.beat())
    assert one.permits.most == most


def test_a_place_is_given_up_at_once_and_taken_a_beat_later() -> None:
    board = Crowd(0, 1)
    one = turn(board)
    run(one.beat())
    shares = []
    for workers in (2, 2, 1, 1):
        board.seen = Seen(0, workers, False)
        run(one.beat())
        shares.append(one.permits.most)
    assert shares == [5, 5, 5, 10]


def test_all_parts_make_the_whole() -> None:
    parts = []
    for place in range(7):
        one = turn(Crowd(place, 7), concurrency=24)
        one._alone_until = 0.1
        run(one.beat())
        parts.append(one.permits.most)
    assert sum(parts) == 24


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
