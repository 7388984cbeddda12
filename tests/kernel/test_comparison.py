"""Did the new student mend what the old one broke?"""

from __future__ import annotations

import pytest

from apps.kernel.comparison import Changed, Incomparable, Judge, ScoredRow, Turn, incomparable, rows, turns
from apps.kernel.scorecard import Anchors


def cell(cohort: str, delta: float | None, verdict: str | None) -> dict[str, object]:
    return {"cohort": cohort, "evaluator": "E", "delta_pp": delta, "verdict": verdict}


def test_turns_follow_the_newer_card_and_keep_what_vanished() -> None:
    then = {"cells": [cell("*", -4.0, "fail"), cell("old", -1.0, "clear")]}
    now = {"cells": [cell("*", -1.5, "pass"), cell("new", 0.0, None)]}
    found = turns(then, now)
    assert found == (
        Turn("*", "E", -4.0, -1.5, "fail", "pass"),
        Turn("new", "E", None, 0.0, None, None),
        Turn("old", "E", -1.0, None, "clear", None),
    )
    assert [turn.change_pp for turn in found] == [2.5, None, None]
    assert [turn.turned for turn in found] == [True, False, True]


def row(score: float | None, *, digest: str = "d") -> ScoredRow:
    return ScoredRow(digest, "gold", {"E": score})


def test_only_shared_rows_of_the_same_content_count() -> None:
    then = {"a": row(0.0), "b": row(1.0), "c": row(1.0), "d": row(None), "gone": row(1.0), "edited": row(1.0)}
    now = {
        "a": row(1.0),
        "b": row(0.0),
        "c": row(1.0),
        "d": row(1.0),
        "added": row(0.0),
        "edited": row(0.0, digest="x"),
    }
    found = rows(then, now)
    assert (found.shared, found.only_then, found.only_now, found.other_content) == (4, 1, 1, 1)
    assert found.mended == (Changed("a", "gold", "E", 0.0, 1.0),)
    assert found.broken == (Changed("b", "gold", "E", 1.0, 0.0),)


def test_the_largest_change_comes_first() -> None:
    then = {key: row(1.0) for key in "abc"}
    now = {"a": row(0.9), "b": row(0.2), "c": row(0.9)}
    assert [change.key for change in rows(then, now).broken] == ["b", "a", "c"]


def test_evaluators_that_are_not_compared_are_in_neither_list() -> None:
    cards = {"cells": [cell("*", -4.0, "fail")]}
    assert turns(cards, cards, without={"E"}) == ()
    found = rows({"a": row(0.0), "b": row(1.0)}, {"a": row(1.0), "b": row(0.0)}, without={"E"})
    assert (found.shared, found.mended, found.broken) == (2, (), ())


def judge(*, digest: str = "j", of: str = "", revision: int = 1, flips: int = 0, missing: int = 0) -> Judge:
    """A judge with 120 anchors of the set ``of``, or without any."""
    if not of:
        return Judge(digest)
    verdicts = [(1.0, 0.0, "")] * flips + [(1.0, None, "x")] * missing + [(1.0, 1.0, "")] * (120 - flips - missing)
    return Judge(digest, Anchors.counted(verdicts, set=of, revision=revision, judge=digest, drawn_on="2026-03-14"))


@pytest.mark.parametrize(
    ("then", "now", "code"),
    [
        (judge(), judge(), None),
        (judge(), judge(digest="k"), "judge_changed"),
        (judge(of="a"), judge(of="a"), None),
        (judge(of="a"), judge(of="a", flips=5), None),
        (judge(of="a"), judge(of="a", flips=9), "judge_drifted"),
        (judge(of="a", flips=9), judge(of="a"), "judge_drifted"),
        (judge(), judge(of="a", flips=9), "judge_drifted"),
        (judge(of="a"), judge(of="a", missing=20), "judge_unchecked"),
        (judge(of="a", missing=20), judge(of="a", flips=9), "judge_drifted"),
        (judge(), judge(of="a"), None),
        (judge(of="a"), judge(), None),
        (judge(), judge(of="b", revision=2), "anchors_replaced"),
        (judge(of="a"), judge(of="b", revision=2), "anchors_replaced"),
        (judge(of="b", revision=2), judge(of="b", revision=2), None),
    ],
)
def test_a_judge_is_compared_with_itself_alone(then: Judge, now: Judge, code: str | None) -> None:
    found = incomparable({"E": then, "only_then": then}, {"E": now, "only_now": now})
    assert found == (() if code is None else (Incomparable("E", code),))
