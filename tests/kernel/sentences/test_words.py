from __future__ import annotations

import pytest

from apps.kernel.sentences.words import beside, causes_of, limit_pp, place, pp, rows_of


@pytest.mark.parametrize(
    ("fraction", "said"),
    [(0.03, "3.0 pp"), (-0.061, "−6.1 pp"), (0.0, "0.0 pp"), (-0.0001, "0.0 pp"), (1.0, "100.0 pp")],
)
def test_points_have_one_decimal_and_a_real_minus(fraction: float, said: str) -> None:
    assert pp(fraction) == said


def test_a_signed_figure_shows_its_plus() -> None:
    assert (pp(0.004, signed=True), pp(-0.004, signed=True), pp(0.0, signed=True)) == ("+0.4 pp", "−0.4 pp", "0.0 pp")


@pytest.mark.parametrize(("margin", "said"), [(0.03, "3.0 pp"), (0.0025, "0.25 pp"), (0.02139, "2.14 pp")])
def test_a_limit_keeps_the_decimal_it_needs(margin: float, said: str) -> None:
    assert limit_pp(margin) == said


def test_a_bound_is_told_apart_from_the_limit() -> None:
    assert beside(-0.038, -0.03) == "−3.8 pp"
    assert beside(-0.0303, -0.03) == "−3.03 pp"
    assert beside(-0.03004, -0.03) == "−3.004 pp"
    assert beside(-0.03, -0.03) == "−3.000 pp"


def test_all_rows_have_a_name() -> None:
    assert (place("*"), place("*", "quality"), place("refunds", "quality")) == (
        "All cohorts",
        "All cohorts × quality",
        "refunds × quality",
    )


def test_counts_agree_with_their_noun() -> None:
    assert (rows_of(0), rows_of(1), rows_of(3120)) == ("0 rows", "1 row", "3,120 rows")


def test_causes_are_said_in_words_and_unknown_codes_as_they_are() -> None:
    assert causes_of({"upstream_deadline": 9, "judge_unparsable": 3, "budget_stop": 1}) == [
        "1 budget stop",
        "3 judge unreadable",
        "9 timed out",
    ]
