"""Plant a few answers before a run's judges: load, ask, store. Any process may call this."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal
from uuid import UUID

from django.conf import settings

from apps.inference.client import Client
from apps.kernel.evaluators.contract import Outcome
from apps.labels import execute, loading, store
from apps.labels.execute import Asked, Verdict
from apps.registry import calling
from apps.tenancy.acting import Acting, acting

ClientFactory = Callable[[], Client]
Left = Literal["nothing", "some", "held"]


def plant(who: Acting, run_id: UUID, *, client_of: ClientFactory | None = None) -> Left:
    """Ask about the next planted answers, and say whether more are left; ``held`` while another worker asks."""
    with acting(who):
        if not loading.left_to_ask(run_id):
            return "nothing"
        token = store.claim(run_id)
        # Read again under the lease: whoever held it before may have asked them meanwhile.
        asked = [] if token is None else loading.left_to_ask(run_id)
    if token is None:
        return "held"
    verdicts = _lost(asked) if store.is_given_up(token) else asyncio.run(_think(asked, client_of))
    with acting(who):
        store.keep(run_id, token, asked, verdicts)
        return "some" if loading.left_to_ask(run_id) else "nothing"


async def _think(asked: Sequence[Asked], client_of: ClientFactory | None) -> list[Verdict]:
    async with (client_of or calling.client)() as client:
        return await execute.ask_all(asked, client, deadline_s=settings.EVAL_CALL_DEADLINE_SECONDS)


def _lost(asked: Sequence[Asked]) -> list[Verdict]:
    return [Verdict(Outcome(None, store.WORKER_LOST)) for _ in asked]
