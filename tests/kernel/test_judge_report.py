"""The judges' part of a report: corrected beside raw, and why where there is none."""

from __future__ import annotations

import json

import pytest

from apps.kernel import digest
from apps.kernel.judge_report import judges_of
from apps.kernel.report import report
from apps.kernel.scorecard import Anchors, Planted
from tests.kernel.cards import card, table
from tests.kernel.judged import TIE, TRUE_LOSS, UNSEEN_LOSS, judged_card

BOTH_FAIL = (0.0, 0.0, 0.0, 0.0)


def test_a_card_without_labels_has_no_such_part() -> None:
    plain = card(table("a", n=30))
    assert judges_of(plain, level=0.9) == []
    assert "judges" not in report(plain, None)


def test_figures_stand_beside_the_raw_ones() -> None:
    evidence = judged_card(
        ("a", [TIE] * 60 + [BOTH_FAIL] * 35 + [UNSEEN_LOSS] * 3 + [TRUE_LOSS] * 2, [(1.0, 1.0)] * 300),
        ("b", [TIE] * 6, [(1.0, 0.0)] * 10),
        planted=Planted(8, 1, {}),
    )
    document = report(evidence, None)
    [judge] = json.loads(digest.canonical(document))["judges"]
    assert judge["tables"]["student"] == {"both_pass": 66, "judge_only": 3, "human_only": 0, "both_fail": 37}
    assert judge["sensitivity"]["value"] == 1.0
    assert judge["specificity"]["value"] == pytest.approx(72 / 75)
    assert judge["youden"] == pytest.approx(72 / 75)
    assert (judge["answers"], judge["split"], judge["too_weak"]) == (212, 0, False)
    assert judge["planted"] == {"asked": 8, "missing": 1, "misjudged": {}}
    assert judge["alpha_people"] == {"value": None, "interval": None, "reason": "no_overlap"}
    deltas = {delta["cohort"]: delta for delta in judge["deltas"]}
    assert deltas["a"]["corrected_pp"] < deltas["a"]["raw_pp"]
    assert deltas["a"]["interval_pp"][0] < deltas["a"]["corrected_pp"] < deltas["a"]["interval_pp"][1]
    assert (deltas["b"]["corrected_pp"], deltas["b"]["reason"], deltas["b"]["labels_wanted"]) == (
        None,
        "judge_uncalibrated",
        44,
    )
    assert deltas["*"]["labelled"] == 106
    assert judge["scores"]["teacher"]["reason"] is None
    assert judge["errs_alike"]["value"] in (True, False)


def test_a_judge_no_better_than_a_coin_is_named_too_weak() -> None:
    coin = [(1.0, 1.0, 1.0, 0.0), (0.0, 0.0, 1.0, 0.0)] * 40
    [judge] = judges_of(judged_card(("a", coin, [])), level=0.9)
    assert judge["too_weak"] is True
    assert judge["scores"]["teacher"]["reason"] == "judge_too_weak"  # type: ignore[index]


def test_anchors_are_told_with_their_test_and_left_out_where_there_are_none() -> None:
    anchors = Anchors.counted(
        [(1.0, 0.0, "")] * 8 + [(1.0, 1.0, "")] * 111 + [(1.0, None, "judge_unparsable")],
        set="sha256:s", revision=2, judge="sha256:j", drawn_on="2026-03-14", told_then=["m"], told_now=["m"],
    )  # fmt: skip
    (judge,) = judges_of(judged_card(("a", [TIE], []), anchors=anchors), level=0.9)
    told = judge["anchors"]
    assert isinstance(told, dict)
    assert told.pop("sentence").startswith("Judge not reliable. The judge gave 8 of 119 stored answers")
    assert told == {
        "set": "sha256:s", "revision": 2, "drawn_on": "2026-03-14", "size": 120, "judged": 119,
        "missing": {"judge_unparsable": 1}, "stricter": 8, "kinder": 0, "shift_pp": 0.0, "p": 0.0078125,
        "told": {"then": ["m"], "now": ["m"]}, "drift": "flipped",
    }  # fmt: skip
    (plain,) = judges_of(judged_card(("a", [TIE], [])), level=0.9)
    assert "anchors" not in plain
