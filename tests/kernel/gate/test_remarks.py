"""Amber: golden rows that were looked at too often, are too old or too easy. None of it decides."""

from __future__ import annotations

from dataclasses import replace

from apps.kernel.gate import Circumstances, decide
from apps.kernel.gate.circumstances import Change, Contamination, Golden, LiveTraffic, LiveWindow, Taken
from apps.kernel.gate.remarks import remarks
from tests.kernel.cards import card, policy, prove, table

TODAY = Circumstances(decided_on="2026-11-24", card_age_days=3)
HARD = card(table("a", losses=3, n=100))


def codes(around: Circumstances) -> list[str]:
    return [remark.code for remark in remarks(HARD, around)]


def test_the_twenty_first_look_at_the_same_rows_is_remarked() -> None:
    seldom, often = (replace(TODAY, golden=Golden("golden@1", 10, gates)) for gates in (20, 21))
    assert (codes(seldom), codes(often)) == ([], ["selection_by_looking"])
    [told] = remarks(HARD, often)
    assert told.sentence.startswith("Selection by looking: 21 verdicts rested on golden@1 before this one")


def test_rows_pinned_half_a_year_ago_are_old() -> None:
    assert codes(replace(TODAY, golden=Golden("golden@1", 180, 0))) == []
    assert codes(replace(TODAY, golden=Golden("golden@1", 181, 0))) == ["golden_old"]


def test_rows_that_everybody_passes_tell_nobody_apart() -> None:
    easy = card(table("a", n=200))
    [told] = remarks(easy, TODAY)
    assert (told.code, told.sentence) == (
        "too_easy",
        "quality is too easy: it cannot tell models apart (teacher 1.000, 0.0 % of rows differ). → Add harder rows",
    )
    assert remarks(card(table("a", losses=2, n=200)), TODAY) == ()


def test_contamination_and_an_older_policy_are_said() -> None:
    around = replace(
        TODAY,
        changes=(Change("policy", "release@1", "release@2", "2026-11-20"),),
        contamination=Contamination(("sha256:c",), 1, 100, (Taken("a", "quality", ((1.0, 1.0, 1),)),)),
    )
    assert [remark.sentence for remark in remarks(HARD, around)] == [
        "1 of 100 rows stands in the student's training corpus too; every score rule was asked without them as well.",
        "release@1 is not the newest version of its policy: release@2 stands since 20 Nov 2026.",
    ]


def test_rows_unlike_any_golden_row_are_told_above_fifteen_percent() -> None:
    day = LiveWindow("sha256:n", "2026-11-21", "2026-11-21")
    some, much = (replace(TODAY, live=LiveTraffic(day, 900, 0.0, novelty=share)) for share in (0.15, 0.31))
    assert (codes(some), codes(much)) == ([], ["much_is_new"])
    [told] = remarks(HARD, much)
    assert told.sentence == (
        "31 % of live rows of 21 Nov 2026 are unlike any golden row; 5 % would be no surprise. → Draw new rows"
    )


def test_texts_that_moved_in_one_window_are_told_before_they_count() -> None:
    day = LiveWindow("sha256:n", "2026-11-15", "2026-11-21", content_p=0.005)
    once = replace(TODAY, live=LiveTraffic(day, 900, 0.0))
    [told] = remarks(HARD, once)
    assert told.code == "content_moving"
    assert told.sentence == (
        "Live traffic of 15 Nov 2026 to 21 Nov 2026 asks other things than the golden rows do; a second window running "
        "makes this card out of date. → Draw new rows"
    )
    assert codes(replace(TODAY, live=LiveTraffic(day, 900, 0.0, earlier=day))) == []


def test_remarks_change_no_verdict() -> None:
    around = replace(TODAY, golden=Golden("golden@1", 400, 50))
    found = decide(card(table("a", n=300)), policy(prove(0.03)), around)
    assert found.verdict == "pass"
    assert len(found.remarks) == 3
