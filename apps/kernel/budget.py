"""What a call can cost at the most, what an ended one did cost, and whether the next fits into a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from apps.kernel.chat import Usage
from apps.kernel.price import PriceCard, cost

LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
ANSWER_TOKENS_UNSET = 512
"""The most tokens of an answer that is assumed where a version's parameters set no limit."""
BUDGET_SPENT = "budget_spent"
NOTHING = Decimal(0)


class Reach(StrEnum):
    """How far an attempt came: never sent, refused with a status of error, answered, or lost somewhere in between."""

    UNSENT = "unsent"
    REFUSED = "refused"
    ANSWERED = "answered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Purse:
    """A run's money in US dollars: the limit, what ended attempts cost at the most, and what open ones may cost."""

    budget: Decimal
    spent: Decimal
    reserved: Decimal


@dataclass(frozen=True, slots=True)
class Room:
    """How many of the attempts asked for fit, in their order; ``is_over``: the next never will, whatever returns."""

    fitting: int
    is_over: bool


def answer_limit(parameters: Mapping[str, object], names: Sequence[str] = LIMITS) -> int | None:
    """The most tokens of an answer that a version's parameters allow, None where they set no limit.

    ``names`` are those of the dialect, a dot for an object inside another. Of several the largest counts: a server may
    know one of them only.
    """
    return max((found for name in names if (found := _limit(parameters, name)) is not None), default=None)


def _limit(parameters: Mapping[str, object], name: str) -> int | None:
    given: object = parameters
    for part in name.split("."):
        given = given.get(part) if isinstance(given, Mapping) else None
    return given if isinstance(given, int) and not isinstance(given, bool) and given > 0 else None


def worst_case(
    card: PriceCard | None, *, request_bytes: int, parameters: Mapping[str, object], limits: Sequence[str] = LIMITS
) -> Decimal | None:
    """US dollars of one attempt at the most, None without a price.

    No token is shorter than a byte, so the bytes of the request bound its tokens from above. ``n`` asks for several
    answers; ``limits`` are the dialect's names as in ``answer_limit``.
    """
    if card is None:
        return None
    answers = parameters.get("n")
    times = answers if isinstance(answers, int) and not isinstance(answers, bool) and answers > 1 else 1
    return cost(card, Usage(request_bytes, times * (answer_limit(parameters, limits) or ANSWER_TOKENS_UNSET)))


def settle(reach: Reach, *, cost_usd: Decimal | None, worst_usd: Decimal | None) -> tuple[Decimal, Decimal]:
    """What an ended attempt cost for certain, and what it may have cost beyond that.

    A refusal and what was never sent are free; of an attempt whose answer never came whole only the bound is known.
    """
    if reach is Reach.ANSWERED:
        return cost_usd or NOTHING, NOTHING
    return NOTHING, (worst_usd or NOTHING) if reach is Reach.UNKNOWN else NOTHING


def room_for(purse: Purse, wanted: Sequence[Decimal | None]) -> Room:
    """Reserve in order until one does not fit. An attempt without a price takes no room.

    Nothing may exceed the budget even if every open attempt costs its worst case (reliability.md, P-07).
    """
    free = purse.budget - purse.spent - purse.reserved
    for position, worst in enumerate(wanted):
        needed = worst or NOTHING
        if needed > free:
            return Room(position, is_over=purse.spent + needed > purse.budget)
        free -= needed
    return Room(len(wanted), is_over=False)
