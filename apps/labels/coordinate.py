"""Check a run's judges by planted answers and anchors: load, ask, store. Any process may call this."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal
from uuid import UUID

from django.conf import settings

from apps.inference.client import Client
from apps.kernel.budget import BUDGET_SPENT
from apps.kernel.evaluators.contract import Outcome
from apps.labels import execute, loading, store
from apps.labels.execute import Allowance, Asked, Verdict
from apps.registry import calling
from apps.tenancy.acting import Acting, acting

ClientFactory = Callable[[], Client]
Left = Literal["nothing", "some", "held"]


def plant(who: Acting, run_id: UUID, *, client_of: ClientFactory | None = None) -> Left:
    """Ask about the next answers, and say whether more are left; ``held`` while another worker asks.

    What asking may cost is reserved of the run's budget with the lease. Where nothing more fits, verdicts are missing
    with the reason ``judge_budget_spent``: a card is sealed, and says that its judge was not checked.
    """
    with acting(who):
        if not loading.left_to_ask(run_id):
            return "nothing"
        token = store.claim(run_id)
        # Read again under the lease: whoever held it before may have asked them meanwhile.
        asked = [] if token is None else loading.left_to_ask(run_id)
        is_given_up = token is not None and store.is_given_up(token)
        fitting, reserved = 0, None
        if token is not None and not is_given_up:
            fitting, reserved = store.reserve(run_id, [one.worst_usd for one in asked])
    if token is None:
        return "held"
    allowance = Allowance(reserved)
    if is_given_up or not fitting:
        verdicts = [_missing(store.WORKER_LOST if is_given_up else f"judge_{BUDGET_SPENT}") for _ in asked]
    else:
        asked = asked[:fitting]
        verdicts = asyncio.run(_think(asked, client_of, allowance))
    with acting(who):
        store.keep(run_id, token, asked, verdicts, spent_usd=allowance.spent_usd)
        return "some" if loading.left_to_ask(run_id) else "nothing"


async def _think(asked: Sequence[Asked], client_of: ClientFactory | None, allowance: Allowance) -> list[Verdict]:
    async with (client_of or calling.client)() as client:
        deadline_s = settings.EVAL_CALL_DEADLINE_SECONDS
        return await execute.ask_all(asked, client, deadline_s=deadline_s, allowance=allowance)


def _missing(reason: str) -> Verdict:
    return Verdict(Outcome(None, reason))
