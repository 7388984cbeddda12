"""Two threads and a desk: what is laid down is picked up whole, and who waits is told."""

from __future__ import annotations

import asyncio
import threading
from uuid import UUID

import pytest

from apps.evals.execute.desk import Bundle, Closing, Desk, Opening
from apps.evals.execute.work import Answered, Judged, Scored
from apps.inference.ledger import Stopped
from apps.kernel.evaluators.contract import Outcome
from tests.evals.execute.jobs import LEASE


def opening(number: int) -> Opening:
    return Opening(UUID(int=number), LEASE, "ex-1", "student", 0, "", 1, "", None, None)


def test_a_bundle_holds_everything_once() -> None:
    desk = Desk()
    desk.closed(Closing(UUID(int=1), "answered", 200, 1.0, 0, 0))  # type: ignore[arg-type]
    desk.finished(LEASE, Answered("ex-1", "student"))
    desk.finished(LEASE, Judged(UUID(int=2), Scored("E", Outcome(1.0))))
    bundle = desk.take(wait_s=0, group_s=0)
    assert (len(bundle.closings), len(bundle.answers), len(bundle.judgements)) == (1, 1, 1)
    assert not desk.take(wait_s=0, group_s=0)
    assert not Bundle()


def test_who_opens_waits_until_the_other_thread_has_written() -> None:
    desk, told = Desk(), []

    def write(loop: asyncio.AbstractEventLoop) -> None:
        seen: list[Opening] = []
        while len(seen) < 2:
            seen += desk.take(wait_s=5, group_s=0).openings
        told.append([one.id.int for one in seen])
        desk.settle({UUID(int=1): None, UUID(int=2): "budget_spent"}, loop)

    async def run() -> list[object]:
        thread = threading.Thread(target=write, args=(asyncio.get_running_loop(),))
        thread.start()
        both = await asyncio.gather(desk.opened(opening(1)), desk.opened(opening(2)), return_exceptions=True)
        thread.join()
        return both

    first, second = asyncio.run(run())
    assert first is None
    assert isinstance(second, Stopped)
    assert (second.code, told) == ("budget_spent", [[1, 2]])


def test_what_is_put_back_comes_first_next_time() -> None:
    desk = Desk()
    desk.put_back([opening(1), opening(2)])
    assert [one.id.int for one in desk.take(wait_s=0, group_s=0).openings] == [1, 2]


def test_a_halted_desk_opens_nothing() -> None:
    desk = Desk()
    desk.halted = "time_is_over"
    with pytest.raises(Stopped, match="time_is_over"):
        asyncio.run(desk.opened(opening(1)))
