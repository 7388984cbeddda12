"""Figures beside the verdict: present only where there is evidence for them, and exact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apps.kernel import beside
from apps.kernel.scorecard import GLOBAL, Arm, Row
from tests.kernel.cards import arm, card, scored, table


def repeated(flips: int, rows: int, *, cohort: str = "a") -> list[Row]:
    """The student right everywhere; the teacher once of two times in ``flips`` rows."""
    return [
        Row(
            f"{cohort}{n}",
            cohort,
            replace(arm(1.0), repeats=(arm(0.0 if n < flips else 1.0),)),
            replace(arm(1.0), repeats=(arm(1.0),)),
        )
        for n in range(rows)
    ]


def noise(rows: list[Row], cohort: str = GLOBAL, **more: Any) -> dict[str, Any] | None:
    evidence = card(rows, **more)
    cell = evidence.cell(cohort, "quality")
    assert cell is not None
    return beside.noise_of(evidence, cell, level=0.9)


def test_a_teacher_that_disagrees_with_itself_says_how_often() -> None:
    found = noise(repeated(4, 100))
    assert found is not None
    assert (found["rows"], found["runs"], found["incomplete"], found["flip_share"]) == (100, 2, 0, 0.04)
    low, high = found["flip_interval"]
    assert 0 < low < 0.04 < high < 0.15
    # The teacher's mean is 0.98: the difference of two points is much of what four coin flips in 100 rows make.
    assert 0.4 < found["explained"] <= 1
    assert 0.01 < found["p_repetition"] < 1
    assert noise(repeated(4, 100)) == found


def test_a_weighted_difference_is_not_explained_by_rows_of_another_mix() -> None:
    rows = [*repeated(4, 50), *repeated(0, 50, cohort="b")]
    weighted = noise(rows, weights={"a": 0.9, "b": 0.1})
    assert weighted is not None
    assert (weighted["explained"], weighted["p_repetition"], weighted["flip_share"]) == (None, None, 0.04)
    assert noise(rows)["explained"] is not None  # type: ignore[index]


def test_single_answers_and_single_scores_have_no_noise_floor() -> None:
    assert noise(table("a", n=5)) is None
    gaps = [Row("1", "a", replace(arm(1.0), repeats=(arm("rate_limited"),)), arm(1.0))]
    assert noise(gaps) is None


def test_a_cohort_unlike_the_others_is_worth_a_look_and_decides_nothing() -> None:
    rows = [*table("a", losses=30, n=100), *table("b", n=100), *table("c", losses=1, n=100)]
    found = beside.looks(card(rows))
    assert found["a", "quality"]["worth_a_look"] is True
    assert found["a", "quality"]["delta_pp"] == pytest.approx(-29.5)
    alike = beside.looks(card([*table("a", losses=2, n=100), *table("b", losses=2, n=100)]))
    assert [look["worth_a_look"] for look in alike.values()] == [False, False]
    assert beside.looks(card(table("a", n=10))) == {}


def test_missing_scores_are_rates_of_both_arms() -> None:
    cell = card(table("a", n=96, missing=4)).cell("a", "quality")
    assert cell is not None
    found: Any = beside.missing_rates(cell, level=0.9)
    assert (found["rows"], found["teacher"]["share"], found["student"]["share"]) == (100, 0.0, 0.04)
    assert found["difference_pp"] == 4.0
    low, high = found["difference_interval_pp"]
    assert 0 < low < 4 < high
    complete = card(scored("a", [(1.0, 0.5)])).cell("a", "quality")
    assert complete is not None
    assert beside.missing_rates(complete, level=0.9) is None


def test_endings_are_rates_by_kind_with_their_codes() -> None:
    bad = [(Arm(fault="rate_limited"), arm(1.0)), (arm(1.0), Arm(finish="content_filter"))]
    rows = [Row(f"x{n}", "a", *sides) for n, sides in enumerate(bad)]
    found: Any = beside.ending_rates(card([*rows, *table("a", n=8)]), "a", level=0.9)
    assert found["codes"] == {"teacher": {"rate_limited": 1}, "student": {"refused": 1}}
    assert (found["fault"]["teacher"]["count"], found["fault"]["student"]["count"]) == (1, 0)
    assert (found["fault"]["difference_pp"], found["refused"]["difference_pp"], found["cut_off"]) == (-10.0, 10.0, None)
    assert beside.ending_rates(card(table("a", n=8)), "a", level=0.9) is None
