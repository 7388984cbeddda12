"""Ask judges about planted answers, no database open."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.evals.execute import judge
from apps.evals.execute.work import Entry
from apps.inference.client import Answer, Client
from apps.kernel import chat
from apps.kernel.evaluators.contract import Case, Outcome


@dataclass(frozen=True, slots=True)
class Asked:
    """One planted answer and the entry whose judge to ask; an entry without an address cannot be asked any more."""

    entry: Entry
    place: int
    case: str
    output: str
    example: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    cost_usd: Decimal | None = None


async def ask_all(asked: Sequence[Asked], client: Client, *, deadline_s: float) -> list[Verdict]:
    """A verdict for each, in order; a judge's fault is missing with its reason. The client limits what is in flight."""
    return list(await asyncio.gather(*(_ask(one, client, deadline_s) for one in asked)))


async def _ask(one: Asked, client: Client, deadline_s: float) -> Verdict:
    address = one.entry.judge.address if one.entry.judge else None
    if address is None:
        return Verdict(judge.NOT_CALLABLE)

    async def complete(request: chat.ChatRequest) -> Answer:
        return await client.complete(address, request, deadline_s=deadline_s)

    return Verdict(*await judge.verdict(one.entry, Case(one.example, one.output, {}), complete))
