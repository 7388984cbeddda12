"""Ask judges about planted answers, no database open."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.inference import errors
from apps.inference.client import Address, Client
from apps.kernel import chat, price
from apps.kernel.evaluators import catalogue
from apps.kernel.evaluators.contract import Case, Outcome

# A verdict that cannot be read is asked for once more, as in a run.
JUDGE_ASKS = 2
WORTH_ASKING_AGAIN = frozenset({"judge_unparsable", "judge_out_of_range"})
TAG_BYTES = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """One planted answer and the judge to ask about it. ``address`` None: the judge cannot be called any more."""

    evaluator: str
    kind: str
    settings: Mapping[str, object]
    place: int
    case: str
    output: str
    example: Mapping[str, object]
    address: Address | None
    model: str
    parameters: Mapping[str, object]
    price: price.PriceCard | None


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome
    cost_usd: Decimal | None = None


async def ask_all(asked: Sequence[Asked], client: Client, *, deadline_s: float) -> list[Verdict]:
    """A verdict for each, in order; a judge's fault is missing with its reason. The client limits what is in flight."""
    return list(await asyncio.gather(*(_ask(one, client, deadline_s) for one in asked)))


async def _ask(one: Asked, client: Client, deadline_s: float) -> Verdict:
    if one.address is None:
        return Verdict(Outcome(None, "judge_not_callable"))
    evaluator = catalogue.get(one.kind)
    case = Case(example=one.example, output=one.output, recorded={})
    outcome, spent = Outcome(None, "judge_unparsable"), None
    for _ in range(JUDGE_ASKS):
        messages = evaluator.ask(case, one.settings, tag=secrets.token_hex(TAG_BYTES))
        request = chat.ChatRequest(model=one.model, messages=messages, parameters=one.parameters)
        answer = await client.complete(one.address, request, deadline_s=deadline_s)
        done = answer.completion
        if done is None:
            return Verdict(Outcome(None, f"judge_{answer.fault}"), spent)
        if one.price is not None:
            spent = price.cost(one.price, done.usage) + (spent or Decimal(0))
        if errors.REFUSED in done.flags:
            return Verdict(Outcome(None, "judge_refused", done.text), spent)
        outcome = evaluator.read(done.text, one.settings)
        if outcome.reason not in WORTH_ASKING_AGAIN:
            break
    return Verdict(outcome, spent)
