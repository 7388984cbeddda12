"""Did the new student mend what the old one broke?"""

from __future__ import annotations

from apps.kernel.comparison import Changed, ScoredRow, Turn, rows, turns


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
