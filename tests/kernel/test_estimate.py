"""A range of what calls will cost."""

from decimal import Decimal

from apps.kernel.estimate import Load, seconds_left, spend_range
from apps.kernel.price import PriceCard

CARD = PriceCard(Decimal(1), Decimal(2))


def test_the_ends_come_from_fewest_and_most_tokens():
    # 15 characters are 3 to 5 tokens at 1 USD a million; 2 answers of 1 to 10 tokens at 2 USD a million.
    assert spend_range([(CARD, Load(2, 15, (1, 10)))]) == (Decimal("0.000007"), Decimal("0.000045"))


def test_fees_and_hardware_are_paid_for_each_call():
    card = PriceCard(Decimal(0), Decimal(0), Decimal("0.01"), Decimal(1), Decimal(100))
    assert spend_range([(card, Load(3, 90, (1, 1)))]) == (Decimal("0.06"), Decimal("0.06"))


def test_loads_add_up():
    load = Load(1, 0, (500_000, 1_000_000))
    assert spend_range([(CARD, load), (CARD, load)]) == (Decimal(2), Decimal(4))


def test_calls_without_a_price_have_no_range():
    assert spend_range([(CARD, Load(1, 1, (1, 1))), (None, Load(1, 1, (1, 1)))]) is None


def test_where_nothing_is_called_nothing_is_paid():
    assert spend_range([(None, Load(0, 100, (1, 1)))]) == (Decimal(0), Decimal(0))
    assert spend_range([]) == (Decimal(0), Decimal(0))


def test_the_time_left_lies_between_the_rates_that_were_seen() -> None:
    assert seconds_left(100, [10.0, 20.0, None]) == (5.0, 10.0)
    assert seconds_left(100, [None, 0.0]) is None
