"""What a call can cost at the most, what it did cost, and whether the next fits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.kernel.budget import Purse, Reach, Room, answer_limit, room_for, settle, worst_case
from apps.kernel.price import PriceCard

CARD = PriceCard(Decimal(1), Decimal(2), per_call_usd=Decimal("0.01"))
D = Decimal


@pytest.mark.parametrize(
    ("parameters", "limit"),
    [
        ({"max_tokens": 5}, 5), ({"max_completion_tokens": 6}, 6), ({"max_output_tokens": 7}, 7), ({}, None),
        ({"max_tokens": 0}, None), ({"max_tokens": "5"}, None), ({"max_tokens": True}, None),
    ],
)  # fmt: skip
def test_the_limit_of_an_answer(parameters: dict[str, object], limit: int | None) -> None:
    assert answer_limit(parameters) == limit


@pytest.mark.parametrize(
    ("parameters", "limit"),
    [
        ({"options": {"num_predict": 9}}, 9), ({"options": {"num_predict": -1}}, None), ({"options": 9}, None),
        ({"max_tokens": 5}, None), ({"num_predict": 9}, None), ({"cap": 3, "options": {"num_predict": 9}}, 9),
        ({"cap": 30, "options": {"num_predict": 9}}, 30),
    ],
)  # fmt: skip
def test_a_dialect_has_its_own_names_for_the_limit(parameters: dict[str, object], limit: int | None) -> None:
    names = ("options.num_predict", "cap")
    assert answer_limit(parameters, names) == limit
    most = worst_case(CARD, request_bytes=0, parameters=parameters, limits=names)
    assert most == D("0.01") + D(2 * (limit or 512)) / 1_000_000


def test_the_worst_case_is_every_byte_and_every_token_that_may_come() -> None:
    assert worst_case(CARD, request_bytes=100, parameters={"max_tokens": 10}) == D("0.01") + D(120) / 1_000_000
    assert worst_case(CARD, request_bytes=100, parameters={"max_tokens": 10, "n": 3}) == D("0.01016")
    assert worst_case(CARD, request_bytes=0, parameters={}) == D("0.01") + D(1024) / 1_000_000
    assert worst_case(None, request_bytes=100, parameters={}) is None


@pytest.mark.parametrize(
    ("reach", "settled"),
    [
        (Reach.ANSWERED, (D("0.1"), D(0))), (Reach.REFUSED, (D(0), D(0))), (Reach.UNSENT, (D(0), D(0))),
        (Reach.UNKNOWN, (D(0), D("0.5"))),
    ],
)  # fmt: skip
def test_what_an_ended_attempt_cost(reach: Reach, settled: tuple[Decimal, Decimal]) -> None:
    assert settle(reach, cost_usd=D("0.1"), worst_usd=D("0.5")) == settled


def test_attempts_are_let_in_until_one_does_not_fit() -> None:
    assert room_for(Purse(D(1), D(0), D(0)), [D("0.4")] * 3) == Room(2, is_over=False)
    assert room_for(Purse(D(1), D("0.7"), D(0)), [D("0.4")]) == Room(0, is_over=True)
    assert room_for(Purse(D(1), D("0.2"), D("0.8")), [D("0.4")]) == Room(0, is_over=False)
    assert room_for(Purse(D(1), D("0.6"), D(0)), [D("0.4"), None]) == Room(2, is_over=False)
