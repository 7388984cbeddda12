"""What is said of a judge that was held against its own earlier verdicts."""

from __future__ import annotations

import pytest

from apps.kernel.sentences import anchors


def test_a_day_is_told_as_its_month() -> None:
    assert anchors.month("2026-03-14") == "March 2026"
    assert anchors.month("2025-12-01") == "December 2025"


@pytest.mark.parametrize(("p", "said"), [(0.00781, "0.78 of 100 runs"), (0.00009, "fewer than 1 of 10,000 runs")])
def test_chance_is_told_in_runs(p: float, said: str) -> None:
    assert said in anchors.flipped(judged=120, stricter=8, kinder=1, p=p, drawn_on="2026-03-14")


def test_a_shift_says_which_way() -> None:
    assert "6.0 pp higher than" in anchors.shifted(judged=120, shift=0.06, p=0.001, drawn_on="2026-03-14")
    assert "6.0 pp lower than" in anchors.shifted(judged=120, shift=-0.06, p=0.001, drawn_on="2026-03-14")


def test_names_are_quoted_and_cut() -> None:
    said = anchors.renamed(then=["a", "b"], now=["x" * 200], drawn_on="2026-03-14")
    assert f"answers as '{'x' * 80}'; in March 2026 it answered as 'a' and 'b'." in said


def test_what_is_missing_is_told_with_its_cause() -> None:
    said = anchors.silent(size=120, missing={"anchor_text_gone": 12, "judge_budget_spent": 8})
    assert "20 of 120 stored answers have no verdict now (12 whose text is gone, 8 not asked, for the budget" in said


@pytest.mark.parametrize(
    ("flips", "said"),
    [
        (0, "120 stored answers judged again as in March 2026: all as then."),
        (3, "120 stored answers judged again as in March 2026: 3 another verdict, no more one way than chance allows."),
    ],
)
def test_a_steady_judge(flips: int, said: str) -> None:
    assert anchors.steady(judged=120, flips=flips, drawn_on="2026-03-14") == said


@pytest.mark.parametrize("code", ["judge_changed", "judge_drifted", "judge_unchecked", "anchors_replaced"])
def test_every_reason_not_to_compare_has_its_words(code: str) -> None:
    assert anchors.incomparable("Groundedness", code).startswith("Groundedness is not compared: ")
