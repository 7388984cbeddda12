"""What calls will cost, as a range: prices are known, the lengths of answers are not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.kernel.chat import Usage
from apps.kernel.price import PriceCard, cost

# Tokens are counted only by the model that reads them; text of many languages and kinds lies between these.
CHARACTERS_PER_TOKEN = (5, 3)


@dataclass(frozen=True, slots=True)
class Load:
    """Calls to one model: how many, the characters they send in all, and the fewest and most tokens of an answer."""

    calls: int
    characters: int
    answer_tokens: tuple[int, int]


def spend_range(loads: Iterable[tuple[PriceCard | None, Load]]) -> tuple[Decimal, Decimal] | None:
    """The least and the most US dollars of these calls together; None when calls are to be made without a price."""
    low = high = Decimal(0)
    for card, load in loads:
        if not load.calls:
            continue
        if card is None:
            return None
        least, most = (_spend(card, load, end) for end in (0, 1))
        low, high = low + least, high + most
    return low, high


def token_range(loads: Iterable[Load]) -> tuple[tuple[int, int], tuple[int, int]]:
    """The fewest and the most tokens that are sent, and that come back."""
    found = list(loads)
    sent = tuple(sum(-(-load.characters // CHARACTERS_PER_TOKEN[end]) for load in found) for end in (0, 1))
    returned = tuple(sum(load.calls * load.answer_tokens[end] for load in found) for end in (0, 1))
    return (sent[0], sent[1]), (returned[0], returned[1])


def _spend(card: PriceCard, load: Load, end: int) -> Decimal:
    fees = cost(card, Usage(0, 0))
    tokens = Usage(-(-load.characters // CHARACTERS_PER_TOKEN[end]), load.calls * load.answer_tokens[end])
    return cost(card, tokens) - fees + load.calls * fees


def seconds_left(remaining: float, rates: Iterable[float | None]) -> tuple[float, float] | None:
    """The least and the most seconds for what remains, by rates a second seen over different times; None without."""
    known = [rate for rate in rates if rate is not None and rate > 0]
    return (remaining / max(known), remaining / min(known)) if known else None
