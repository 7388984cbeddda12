"""What a call costs: tokens, a fee, and the hardware's amortised hour. Exact decimals; rounded only on a page."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Context, Decimal, localcontext

from apps.kernel.chat import Usage
from apps.kernel.errors import InvalidInput

PER_MILLION = Decimal(1_000_000)
# Beyond this a price is a slip of the keyboard: no model costs a million dollars a million tokens.
ABSURD = Decimal(1_000_000)
# From a trace in four days to what no machine serves; outside it the throughput is a slip as well.
LEAST_TRACES, MOST_TRACES = Decimal("0.01"), Decimal(1_000_000_000)
# Sums and products of every price and count we accept are exact in this; only the hardware's share can be rounded.
# It is our own, so that whatever context a caller has set changes no cost.
_EXACT = Context(prec=60)


class PriceInvalid(InvalidInput):
    """A price cannot be used."""

    code = "price_invalid"
    title = "A price cannot be used"


@dataclass(frozen=True, slots=True)
class PriceCard:
    """US dollars. ``traces_per_hour`` is what the hardware was measured to serve; needed when it has an hourly price.

    Raises PriceInvalid for a price that is no Decimal, negative, not finite or absurd, for a throughput out of
    its range, and for hardware without its throughput.
    """

    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    per_call_usd: Decimal = Decimal(0)
    hardware_usd_per_hour: Decimal = Decimal(0)
    traces_per_hour: Decimal | None = None

    def __post_init__(self) -> None:
        for column in fields(self):
            value = getattr(self, column.name)
            if column.name == "traces_per_hour":
                if value is not None and not (_is_finite(value) and LEAST_TRACES <= value <= MOST_TRACES):
                    raise PriceInvalid(
                        f"traces_per_hour is {str(value)[:40]}; it is {LEAST_TRACES} to {MOST_TRACES:,}, or left out.",
                        where={"field": column.name},
                    )
            elif not (_is_finite(value) and 0 <= value < ABSURD):
                raise PriceInvalid(
                    f"{column.name} is {str(value)[:40]}; a price is a number from 0 up to {ABSURD:,}.",
                    where={"field": column.name},
                )
        if self.hardware_usd_per_hour and self.traces_per_hour is None:
            raise PriceInvalid(
                "Hardware by the hour needs the traces it serves in an hour.", where={"field": "traces_per_hour"}
            )


def _is_finite(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_finite()


def cost(card: PriceCard, usage: Usage) -> Decimal:
    """US dollars of one call: tokens and fee exactly, the hardware's share of one trace to 60 digits."""
    with localcontext(_EXACT):
        tokens = usage.input_tokens * card.input_usd_per_mtok + usage.output_tokens * card.output_usd_per_mtok
        hardware = card.hardware_usd_per_hour / card.traces_per_hour if card.traces_per_hour else Decimal(0)
        return tokens / PER_MILLION + card.per_call_usd + hardware
