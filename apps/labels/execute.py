"""Ask judges about planted answers and anchors, no database open, and spend no more than was reserved for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from apps.evals.execute import judge
from apps.evals.execute.account import reach_of
from apps.evals.execute.work import Arm, Entry
from apps.inference.client import Address, Answer, Client, body_of
from apps.inference.ledger import Ended, Stopped
from apps.inference.providers import catalogue
from apps.kernel import budget, chat, price
from apps.kernel.evaluators.anchors import TEXT_GONE
from apps.kernel.evaluators.contract import Case, Outcome

ANCHOR = "anchor"
TOLD_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """One answer to check a judge by, and the entry whose judge to ask, which has no address if it cannot be asked.

    ``case`` is that of a planted answer, or ``anchor`` with its set. ``output`` None: its text is gone. ``worst_usd``
    is what asking costs at the most, None without a price.
    """

    entry: Entry
    place: int
    case: str
    output: str | None
    example: Mapping[str, object]
    asking: int = 0
    anchor_set_id: UUID | None = None
    worst_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``told`` is the name that the provider answered under, with its fingerprint; "" where it told none."""

    outcome: Outcome
    cost_usd: Decimal | None = None
    told: str = ""


class Allowance:
    """What may be spent of a run's budget under one lease; ``spent_usd`` is what was, unconfirmed calls at their worst.

    None for a run without a budget. One event loop shares it, so nothing is spent twice.
    """

    def __init__(self, reserved_usd: Decimal | None) -> None:
        self._purse = None if reserved_usd is None else budget.Purse(reserved_usd, budget.NOTHING, budget.NOTHING)
        self.spent_usd = budget.NOTHING

    def take(self, worst_usd: Decimal) -> None:
        """Reserve one attempt. Raises Stopped ``budget_spent``."""
        if self._purse is None:
            return
        if not budget.room_for(self._purse, [worst_usd]).fitting:
            raise Stopped(budget.BUDGET_SPENT)
        self._purse = replace(self._purse, reserved=self._purse.reserved + worst_usd)

    def give_back(self, worst_usd: Decimal, spent_usd: Decimal) -> None:
        self.spent_usd += spent_usd
        if self._purse is not None:
            reserved, spent = self._purse.reserved - worst_usd, self._purse.spent + spent_usd
            self._purse = replace(self._purse, reserved=reserved, spent=spent)


class Account:
    """A Ledger of one call: each attempt is taken from the allowance before it is sent, and settled when it ended."""

    def __init__(self, allowance: Allowance, arm: Arm, address: Address, request: chat.ChatRequest) -> None:
        self._allowance, self._price = allowance, arm.price
        worst = budget.worst_case(
            arm.price,
            request_bytes=len(body_of(address, request)),
            parameters=request.parameters,
            limits=catalogue.get(address.dialect).limits,
        )
        self._worst = worst or budget.NOTHING

    async def open(self, request: chat.ChatRequest, number: int) -> object:
        self._allowance.take(self._worst)
        return number

    async def close(self, ticket: object, ended: Ended) -> None:
        usage = ended.completion.usage if ended.completion else None
        cost = None if self._price is None or usage is None else price.cost(self._price, usage)
        certain, unconfirmed = budget.settle(reach_of(ended), cost_usd=cost, worst_usd=self._worst)
        self._allowance.give_back(self._worst, certain + unconfirmed)


async def ask_all(
    asked: Sequence[Asked], client: Client, *, deadline_s: float, allowance: Allowance | None = None
) -> list[Verdict]:
    """A verdict for each, in order; a judge's fault is missing with its reason. The client limits what is in flight."""
    purse = allowance or Allowance(None)
    return list(await asyncio.gather(*(_ask(one, client, deadline_s, purse) for one in asked)))


async def _ask(one: Asked, client: Client, deadline_s: float, allowance: Allowance) -> Verdict:
    arm = one.entry.judge
    address = arm.address if arm else None
    if arm is None or address is None:
        return Verdict(judge.NOT_CALLABLE)
    if one.output is None:
        return Verdict(Outcome(None, TEXT_GONE))
    told = ""

    async def complete(request: chat.ChatRequest) -> Answer:
        nonlocal told
        account = Account(allowance, arm, address, request)
        answer = await client.complete(address, request, deadline_s=deadline_s, ledger=account)
        if answer.completion is not None:
            named = (answer.completion.model, answer.completion.fingerprint)
            told = " ".join(part[:TOLD_LENGTH] for part in named if part)
        return answer

    outcome, spent = await judge.verdict(one.entry, Case(one.example, one.output, {}), complete)
    return Verdict(outcome, spent, told)
