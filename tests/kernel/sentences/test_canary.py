"""What is said of a canary, word for word."""

from __future__ import annotations

from dataclasses import replace

from apps.kernel.canary import Guard, Plan, Watch, read, start
from apps.kernel.canary.guarded import Guarded, Tally
from apps.kernel.canary.watch import Harm
from apps.kernel.sentences.canary import told
from apps.kernel.statistics.sequential import EProcess
from apps.kernel.statistics.split import Split

PLAN = Plan("s", "p", (Guard("quality", prove_within=0.03), Guard("quality", "vip", prove_within=0.01)))


def canary(log_e: float, **changes: object) -> Watch:
    guards = (Guarded(EProcess(0.0), EProcess(-0.03, log_e=3.2)), Guarded(EProcess(0.0), EProcess(-0.01, log_e=log_e)))
    kept = replace(
        start(PLAN, share=0.05), guards=guards, students=1_117, teachers=21_000, first_at_ms=0, last=(262_800_000, "c")
    )
    return replace(kept, **changes)  # type: ignore[arg-type]


def said(watch: Watch) -> str:
    return told(watch, read(watch))


def test_rolled_back_says_after_how_many_and_how_likely_by_chance() -> None:
    assert said(canary(0.0, harm=Harm("quality", 117, 0.8, 0.9))) == (
        "Rolled back after 117 student conversations: success 0.80 against 0.90. Chance of this happening to a student "
        "within its limits: below 5 %, however long one watches."
    )
    assert "117 student conversations: answered of vip 0.80 against 0.90." in said(
        canary(0.0, harm=Harm("errors of vip", 117, 0.8, 0.9))
    )


def test_frozen_says_what_is_in_doubt_and_that_nothing_is_concluded() -> None:
    assert said(canary(4.0, split_broke=True, split=Split(0.05, 1_117, 16_000))) == (
        "Frozen. 1,117 of 17,117 conversations went to the student, where a share of 0.05 was meant to; the router, "
        "not the model, is broken. Nothing is concluded until somebody has looked."
    )
    assert said(canary(4.0, missing_differed=True, scored=Tally(100, 9.0, 100, 0.0))) == (
        "Frozen. Scores are missing more often for one model than for the other; more than 5 % of the scores are "
        "missing. Nothing is concluded until somebody has looked."
    )


def test_shown_says_what_was_ruled_out() -> None:
    assert said(canary(3.1)) == (
        "Shown over 73 hours and 1,117 student conversations: success within 3 pp of the teacher's, success of vip "
        "within 1 pp of the teacher's."
    )


def test_still_watched_says_what_is_open() -> None:
    assert said(canary(1.0, last=(36_000_000, "c"))) == (
        "Watching. 1,117 student conversations, no harm shown; success of vip not yet shown, 10 of 72 hours seen."
    )
    unproved = replace(start(Plan("s", "p", (Guard("errors"),)), share=0.05), students=4)
    assert said(unproved) == (
        "Watching. 4 student conversations, no harm shown; its plan has nothing to prove, so it is never promoted by "
        "itself."
    )
