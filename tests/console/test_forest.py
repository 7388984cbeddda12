"""Where each mark of the forest plot lies. The drawing is 280 wide with 8 on each side: 264 for the domain."""

import pytest

from apps.console import forest
from apps.console.forest import Domain

PLAIN = Domain(-10.0, 10.0)


def test_zero_lies_in_the_middle_of_a_symmetric_domain():
    assert PLAIN.x(0.0) == 140.0
    assert PLAIN.x(-10.0) == 8.0
    assert PLAIN.x(10.0) == 272.0


def test_a_difference_its_interval_and_its_limit_lie_on_one_axis():
    row = forest.plot(-9.0, [-10.0, -7.5], 3.0, domain=PLAIN, verdict="fail", label="refund-flow: −9.0 pp")
    assert (row.marker, row.low, row.high, row.margin, row.zero) == (21.2, 8.0, 41.0, 100.4, 140.0)
    assert (row.shape, row.square, row.middle) == ("square", 16.2, 16.0)
    assert row.low_arrow is row.high_arrow is None
    assert row.label == "refund-flow: −9.0 pp"


def test_an_interval_beyond_the_axis_is_clipped_and_gets_an_arrow_head():
    row = forest.plot(0.0, [-24.2, 24.2], 3.0, domain=PLAIN, verdict="inconclusive", label="")
    assert (row.low, row.high) == (8.0, 272.0)
    assert row.low_arrow == "1,16 8,12 8,20"
    assert row.high_arrow == "279,16 272,12 272,20"


@pytest.mark.parametrize(
    ("verdict", "shape"),
    [
        ("pass", "circle"),
        ("fail", "square"),
        ("inconclusive", "half"),
        ("invalid", "hexagon"),
        ("clear", "ring"),
        (None, "dot"),
    ],
)
def test_each_verdict_has_a_shape_of_its_own(verdict, shape):
    assert forest.plot(0.0, None, None, domain=PLAIN, verdict=verdict, label="").shape == shape


def test_outlines_are_drawn_around_the_marker():
    row = forest.plot(0.0, None, None, domain=PLAIN, verdict="invalid", label="")
    assert row.points == "140,10 145.2,13 145.2,19 140,22 134.8,19 134.8,13"
    assert row.half == "M140 11A5 5 0 0 0 140 21Z"


def test_what_is_unknown_is_not_drawn():
    row = forest.plot(None, None, None, domain=PLAIN, verdict=None, label="")
    assert (row.marker, row.low, row.high, row.margin) == (None, None, None, None)
    assert (row.points, row.half) == ("", "")


def test_the_shared_domain_holds_every_difference_every_limit_and_zero():
    domain = forest.shared_domain([(-9.0, (-10.0, -8.0), 3.0), (1.0, (0.0, 2.0), 1.0)])
    # The core runs from −9 to 1, the intervals ask for −10 to 2, and 6 % of the core's span is air.
    assert domain == Domain(pytest.approx(-10.6), pytest.approx(2.6))


def test_one_wide_interval_does_not_flatten_the_others():
    domain = forest.shared_domain([(-2.0, (-60.0, 60.0), 3.0)])
    # Core −3 to 0, at least 4 wide; an interval may add half of that on each side.
    assert domain == Domain(pytest.approx(-5.24), pytest.approx(2.24))


def test_a_card_without_figures_still_has_an_axis():
    domain = forest.shared_domain([(None, None, None)])
    assert domain == Domain(pytest.approx(-0.24), pytest.approx(0.24))


def test_ticks_are_round_and_zero_is_one_of_them():
    axis = forest.axis(Domain(-10.6, 5.6))
    assert [tick.label for tick in axis.ticks] == ["−10", "−5", "0", "+5"]
    assert axis.zero == axis.ticks[2].x == 180.74


def test_a_narrow_domain_has_half_points():
    assert [tick.label for tick in forest.axis(Domain(-1.1, 0.6)).ticks] == ["−1", "−0.5", "0", "+0.5"]


def test_the_axis_never_has_more_than_six_ticks():
    for span in (1.0, 3.0, 7.0, 16.0, 45.0, 130.0, 199.0):
        assert len(forest.axis(Domain(-span, span / 2)).ticks) <= 6
