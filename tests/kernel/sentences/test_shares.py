from __future__ import annotations

import pytest

from apps.kernel.scorecard import Cell
from apps.kernel.sentences import shares
from apps.kernel.sentences.shares import Tally
from apps.kernel.statistics.interval import Interval
from tests.kernel.cards import card, scored, table


def cell(n: int = 1200, missing: int = 0) -> Cell:
    found = card(table("refunds", n=n, missing=missing)).cell("refunds", "quality")
    assert found is not None
    return found


TALLY = Tally(cell(), 0.984, 1181)
SPAN = Interval(0.976, 0.99, 0.9)


def test_a_rate_that_is_decided() -> None:
    assert shares.decided(TALLY, "pass", interval=SPAN, limit=0.97) == (
        "Pass. refunds × quality: the student passes 98.4 % of 1,200 rows (1,181). We can rule out a rate below 97 % "
        "(worst plausible 97.6 %)."
    )
    assert shares.decided(TALLY, "fail", interval=SPAN, limit=0.995) == (
        "Fail. refunds × quality: the student passes 98.4 % of 1,200 rows (1,181); even the kindest reading is 99.0 %, "
        "below the 99.5 % asked for."
    )


def test_a_bound_is_told_apart_from_the_limit() -> None:
    said = shares.decided(TALLY, "pass", interval=Interval(0.97004, 0.99, 0.9), limit=0.97)
    assert "below 97 % (worst plausible 97.004 %)" in said


def test_a_rate_that_more_rows_would_decide_or_rather_break() -> None:
    assert shares.insufficient(TALLY, interval=SPAN, limit=0.98, floor=149, wanted=2400) == (
        "Not enough evidence. refunds × quality: the student passes 98.4 % of 1,200 rows (1,181), yet a rate down to "
        "97.6 % cannot be ruled out. To show ≥ 98 % you need at least 149 rows, about 2,400 at the rate seen here. "
        "→ Add rows"
    )
    assert shares.insufficient(TALLY, interval=SPAN, limit=0.985, floor=199, wanted=None) == (
        "Not enough evidence. refunds × quality: the student passes 98.4 % of 1,200 rows (1,181), which is not above "
        "the 98.5 % asked for, yet 99.0 % is plausible too; more rows may well end in a fail. → Add rows"
    )


def test_rows_that_are_missing() -> None:
    absent = Tally(cell(288, 12), 1.0, 288)
    assert shares.missing(absent, limit=0.98, unseen=2, harm_shown=False) == (
        "Not enough evidence. refunds × quality: 14 of 302 rows are missing (12 timed out, 2 answered by one model "
        "only). Counting them as failed a rate of 98 % is not shown. → Retry the 14"
    )
    assert "Counting them as passed the harm" in shares.missing(absent, limit=0.98, unseen=0, harm_shown=True)


def test_a_clear_guard_says_what_it_would_have_noticed() -> None:
    assert shares.clear(TALLY, interval=SPAN, limit=0.98, noticed=0.9655, claims=3) == (
        "Clear. refunds × quality: the student passes 98.4 % of 1,200 rows (1,181). Would have noticed a rate of 96.5 "
        "% or less (80 % chance)."
    )
    weak = shares.clear(TALLY, interval=SPAN, limit=0.98, noticed=0.93, claims=3)
    assert weak.endswith("Weak look: that is more than 3 times the 2 % that may fail.")
    assert shares.clear(TALLY, interval=SPAN, limit=0.98, noticed=None, claims=3).endswith(
        "Weak look: with so few rows no rate would have been noticed."
    )
    unlucky = shares.clear(TALLY, interval=SPAN, limit=0.995, noticed=0.98, claims=7)
    assert "which may be the unlucky one of 7 figures looked at together" in unlucky


def test_scores_that_are_not_pass_or_fail() -> None:
    graded = card(scored("a", [(1.0, 0.5)])).cell("a", "quality")
    assert graded is not None
    assert shares.not_binary(graded) == (
        "Not pass or fail. a × quality: there are scores between 0 and 1, so no share of rows that pass can be "
        "counted. → Use a score rule"
    )


@pytest.mark.parametrize(
    ("rate", "said"), [(0.98, "98 %"), (0.9853, "98.5 %"), (1.0, "100 %"), (0.99996, "99.996 %"), (0.0, "0 %")]
)
def test_percent_never_rounds_to_all(rate: float, said: str) -> None:
    assert shares.percent(rate) == said
