"""Each attempt is open before it is sent and closed with what it cost."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from apps.evals.execute.account import NOT_SENT, Account, reach_of
from apps.inference import errors
from apps.inference.ledger import Ended, Stopped
from apps.kernel.budget import Reach
from apps.kernel.chat import ChatRequest, Completion, Message, Usage
from tests.evals.execute.jobs import OpenDesk, job

REQUEST = ChatRequest("student", (Message("user", "q"),), {"max_tokens": 10})
DONE = Completion("x", "stop", Usage(100, 10))


def ended(fault: str | None = None, *, status: int | None = None, completion: Completion | None = None) -> Ended:
    return Ended(fault, completion, 12.0, None, status)


@pytest.mark.parametrize(
    ("how", "reach"),
    [
        (ended(completion=DONE, status=200), Reach.ANSWERED),
        (ended(errors.RATE_LIMITED, status=429), Reach.REFUSED),
        (ended(errors.REDIRECTED, status=302), Reach.REFUSED),
        (ended(errors.UNREACHABLE), Reach.UNSENT),
        (ended(errors.DEADLINE), Reach.UNKNOWN),
        (ended(errors.SHAPE, status=200), Reach.UNKNOWN),
    ],
)
def test_how_far_an_attempt_came(how: Ended, reach: Reach) -> None:
    assert reach_of(how) is reach


def test_the_first_attempt_is_opened_before_its_turn_and_retries_in_theirs() -> None:
    desk = OpenDesk()

    async def run() -> None:
        account = Account(desk, job(), REQUEST)
        await account.prepare()
        assert [opening.number for opening in desk.openings] == [1]
        first = await account.open(REQUEST, 1)
        await account.close(first, ended(errors.FAILED, status=500))
        second = await account.open(REQUEST, 2)
        await account.close(second, ended(completion=DONE, status=200))
        account.drop()

    asyncio.run(run())
    assert [(opening.number, opening.body is None) for opening in desk.openings] == [(1, False), (2, True)]
    assert [(closing.outcome, closing.cost_usd) for closing in desk.closings] == [
        (errors.FAILED, 0),
        ("answered", Decimal("0.00011")),
    ]
    # The body's bytes and ten tokens of an answer at 1 USD a million.
    assert desk.openings[0].worst_usd == Decimal(len(desk.openings[0].body or b"") + 10) / 1_000_000


def test_an_answer_that_never_came_whole_may_have_cost_its_worst_case() -> None:
    desk = OpenDesk()

    async def run() -> None:
        account = Account(desk, job(), REQUEST)
        await account.prepare()
        await account.close(await account.open(REQUEST, 1), ended(errors.DEADLINE))

    asyncio.run(run())
    assert (desk.closings[0].cost_usd, desk.closings[0].unconfirmed_usd) == (0, desk.openings[0].worst_usd)


def test_once_halted_nothing_is_sent_and_what_was_opened_is_free() -> None:
    desk = OpenDesk()

    async def run() -> None:
        account = Account(desk, job(), REQUEST)
        await account.prepare()
        desk.halted = "run_paused"
        with pytest.raises(Stopped):
            await account.open(REQUEST, 1)
        account.drop()
        assert account.stopped == "run_paused"

    asyncio.run(run())
    assert [(closing.outcome, closing.cost_usd, closing.unconfirmed_usd) for closing in desk.closings] == [
        (NOT_SENT, 0, 0)
    ]
