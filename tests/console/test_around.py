"""What stood around a verdict is told in one line; older reports tell what their mix hides."""

from __future__ import annotations

from apps.console.around import facts, remarks

AROUND = {
    "decided_on": "2026-11-24",
    "card_age_days": 1,
    "changes": [{"kind": "policy", "then": "r@1", "now": "r@2", "since": "2026-11-20", "evaluator": None}],
    "golden": {"version": "golden@2", "age_days": 12, "earlier_gates": 1},
    "contamination": None,
    "mix_drift": None,
}


def test_the_line_tells_age_looks_changes_and_corpora() -> None:
    told = facts({"circumstances": AROUND})
    assert told is not None
    assert told.day == "24 Nov 2026"
    assert told.told == (
        "the card was 1 day old",
        "golden@2 had been pinned for 12 days and answered 1 other gate",
        "nothing had changed",
        "no live traffic of the last 60 days was compared with these rows",
        "no training corpus of the student was compared with these rows",
    )


def test_changes_and_shared_rows_are_counted() -> None:
    changed = {**AROUND["changes"][0], "kind": "teacher"}  # type: ignore[index]
    around = {**AROUND, "changes": [changed], "contamination": {"rows": 2, "compared": 300}}
    told = facts({"circumstances": around})
    assert told is not None
    assert told.told[2:] == (
        "1 thing it rests on had changed",
        "no live traffic of the last 60 days was compared with these rows",
        "2 of 300 rows stood in the student's training corpus",
    )


def test_live_traffic_is_told_with_its_days_and_what_was_found() -> None:
    newest = {"sample": "sha256:a", "since": "2026-11-01", "until": "2026-11-14", "content_p": 0.4}
    live = {"newest": newest, "rows": 18_230, "unknown_share": 0.012, "novelty": 0.04, "earlier": None}
    told = facts({"circumstances": {**AROUND, "live": live, "mix_drift": {"psi": 0.2, "p": 0.0004}}})
    assert told is not None
    assert told.told[3] == (
        "18,230 live rows of 1 Nov 2026 to 14 Nov 2026 were compared (PSI 0.20, p < 0.001, 4 % unlike any golden row, "
        "1.2 % in unknown cohorts)"
    )
    bare = {**live, "novelty": None, "unknown_share": 0.0}
    told = facts({"circumstances": {**AROUND, "live": bare}})
    assert told is not None
    assert told.told[3] == "18,230 live rows of 1 Nov 2026 to 14 Nov 2026 were compared (mix not known)"


def test_a_report_from_before_tells_what_it_can() -> None:
    assert facts({}) is None
    look = {"reason": "worth_a_look", "sentence": "Worth a look."}
    told = {"findings": [look, {"reason": None}], "remarks": [{"code": "golden_old", "sentence": "Old."}]}
    assert remarks(told) == ["Worth a look.", "Old."]
    assert remarks({"cells": [], "cohorts": [], "findings": []}) == []
