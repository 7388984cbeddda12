"""A prices file names models or roles; a role without an entry stays unpriced."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.kernel.price import PriceInvalid
from apps.terminal import prices

MODELS = {"teacher": ["big"], "student": ["small"]}


def test_models_and_roles_may_be_mixed() -> None:
    cards = prices.read({"big": {"input": 5, "output": "15"}, "student": {"per_call_usd": 0.001}}, **MODELS)
    assert cards["teacher"].output_usd_per_mtok == Decimal(15)
    assert cards["student"].per_call_usd == Decimal("0.001")


def test_hardware_needs_its_throughput() -> None:
    with pytest.raises(PriceInvalid):
        prices.read({"teacher": {"hardware_usd_per_hour": 2}}, **MODELS)
    cards = prices.read({"teacher": {"hardware_usd_per_hour": 2, "traces_per_hour": 1000}}, **MODELS)
    assert cards.keys() == {"teacher"}


@pytest.mark.parametrize("document", [[], "x", {"other": {"input": 1}}, {"big": 3}, {"big": {"input": "NaN"}}])
def test_anything_else_is_refused(document: object) -> None:
    with pytest.raises(PriceInvalid):
        prices.read(document, **MODELS)
