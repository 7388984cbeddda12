"""How figures read."""

from decimal import Decimal

import pytest

from apps.console import figures


@pytest.mark.parametrize(
    ("value", "read"), [(-9.04, "−9.0"), (0.44, "+0.4"), (0.0, "0.0"), (-0.04, "0.0"), (0.04, "0.0"), (None, "–")]
)
def test_points_have_one_decimal_a_real_minus_and_always_a_sign(value, read):
    assert figures.signed(value) == read


def test_an_interval_shows_both_ends_signed():
    assert figures.interval([-10.2, -7.8]) == "[−10.2, −7.8]"
    assert figures.interval([-0.5, 0.4]) == "[−0.5, +0.4]"
    assert figures.interval(None) == "–"


def test_scores_and_ratios_have_three_decimals():
    assert figures.score(0.8566) == "0.857"
    assert figures.ratio(0.0359) == "0.036"
    assert figures.ratio_interval([0.0714, 0.0771]) == "[0.071, 0.077]"
    assert (figures.score(None), figures.ratio(None), figures.ratio_interval(None)) == ("–", "–", "–")


def test_milliseconds_have_thousands_and_keep_a_decimal_when_small():
    assert figures.milliseconds(11212.3) == "11,212"
    assert figures.milliseconds(9.44) == "9.4"
    assert figures.milliseconds(None) == "–"


def test_counts_and_shares():
    assert figures.count(1860) == "1,860"
    assert figures.percent(0.14) == "14 %"
    assert figures.percent(0.0049, digits=1) == "0.5 %"
    assert (figures.plural(1, "row"), figures.plural(1200, "row")) == ("1 row", "1,200 rows")
    assert figures.plural(2, "entry", "entries") == "2 entries"


def test_dollars_keep_what_matters():
    assert figures.usd(Decimal("1234.5")) == "$1,234.50"
    assert figures.usd(Decimal("0.01")) == "$0.01"
    assert figures.usd(Decimal("0.00123")) == "$0.0012"
    assert figures.usd(Decimal("0.00001")) == "under $0.0001"
    assert (figures.usd(Decimal(0)), figures.usd(None)) == ("$0.00", "–")


def test_stretches_of_time_are_told_in_the_units_that_matter():
    told = [figures.duration(seconds) for seconds in (0.4, 59, 60, 190, 7500, 200_000, None)]
    assert told == ["0 s", "59 s", "1 min", "3 min 10 s", "2 h 5 min", "2 d", "–"]


def test_an_age_has_one_unit():
    assert [figures.age(seconds) for seconds in (40, 1640, 20_000, 1_040_000)] == ["40 s", "27 min", "5 h", "12 d"]


def test_a_planned_sum_is_never_finer_than_a_cent():
    assert [figures.about_usd(usd) for usd in (0.004, 0.31, 1234.5)] == ["under $0.01", "≈ $0.31", "≈ $1,234.50"]
