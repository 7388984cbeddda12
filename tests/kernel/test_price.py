"""What a call costs, in exact decimals, whatever the caller's decimal context."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest

from apps.kernel.chat import Usage
from apps.kernel.price import PriceCard, PriceInvalid, cost

PRICES = ("input_usd_per_mtok", "output_usd_per_mtok", "per_call_usd", "hardware_usd_per_hour")


def card(**changes: object) -> PriceCard:
    return PriceCard(**{"input_usd_per_mtok": Decimal("2.5"), "output_usd_per_mtok": Decimal(10), **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "usage", "usd"),
    [
        ({}, Usage(1000, 500), "0.0075"),
        ({}, Usage(0, 0), "0"),
        ({}, Usage(1, 0), "0.0000025"),
        ({"per_call_usd": Decimal("0.01")}, Usage(1000, 500), "0.0175"),
        ({"hardware_usd_per_hour": Decimal("1.80"), "traces_per_hour": Decimal(3600)}, Usage(0, 0), "0.0005"),
        ({"traces_per_hour": Decimal(3600)}, Usage(1000, 500), "0.0075"),
        ({"input_usd_per_mtok": Decimal("999999.999999999")}, Usage(10_000_000, 0), "9999999.99999999"),
    ],
)
def test_tokens_fee_and_the_hardwares_share_add_up_exactly(changes: dict[str, object], usage: Usage, usd: str) -> None:
    assert cost(card(**changes), usage) == Decimal(usd)


def test_a_callers_decimal_context_changes_no_cost() -> None:
    third = card(hardware_usd_per_hour=Decimal(1), traces_per_hour=Decimal(3))
    usual = cost(third, Usage(1, 1))
    with localcontext() as context:
        context.prec = 3
        assert cost(third, Usage(1, 1)) == usual
    assert str(usual).startswith("0.33334583333333333333333333333333333333333333333333")


@pytest.mark.parametrize("column", PRICES)
@pytest.mark.parametrize("price", ["-1", "-0.000001", "NaN", "sNaN", "Infinity", "-Infinity", "1000000", "1E+9"])
def test_a_price_that_cannot_be_one_is_refused_with_its_column(column: str, price: str) -> None:
    with pytest.raises(PriceInvalid) as refused:
        card(**{column: Decimal(price), "traces_per_hour": Decimal(1)})
    assert (refused.value.code, refused.value.where) == ("price_invalid", {"field": column})
    assert refused.value.detail == f"{column} is {Decimal(price)}; a price is a number from 0 up to 1,000,000."


@pytest.mark.parametrize("price", ["free", 2.5, 3, None])
def test_a_price_is_a_decimal(price: object) -> None:
    with pytest.raises(PriceInvalid):
        card(input_usd_per_mtok=price)


@pytest.mark.parametrize("throughput", ["0", "-1", "0.009", "1000000001", "NaN"])
def test_a_throughput_out_of_its_range_is_refused(throughput: str) -> None:
    with pytest.raises(PriceInvalid) as refused:
        card(traces_per_hour=Decimal(throughput))
    assert refused.value.where == {"field": "traces_per_hour"}


def test_hardware_needs_its_throughput() -> None:
    with pytest.raises(PriceInvalid, match="needs the traces it serves") as refused:
        card(hardware_usd_per_hour=Decimal("0.5"))
    assert refused.value.where == {"field": "traces_per_hour"}


@pytest.mark.parametrize("price", ["0", "-0", "0.000000001", "999999.99"])
def test_a_price_may_be_nothing_or_much(price: str) -> None:
    assert cost(card(input_usd_per_mtok=Decimal(price)), Usage(1_000_000, 0)) == Decimal(price)
