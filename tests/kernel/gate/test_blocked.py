"""Blocked comes first: evidence that aged, changed or leaked is not judged, whatever its figures say."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.kernel import digest
from apps.kernel.gate import Circumstances, decide
from apps.kernel.gate.blocked import outrun
from apps.kernel.gate.circumstances import Change, Contamination, LiveTraffic, LiveWindow, MixDrift, Taken
from apps.kernel.policy import Policy, parse
from apps.kernel.report import report
from apps.kernel.scorecard import Scorecard
from tests.kernel.cards import card, guard, policy, priced, prove, table, timed
from tests.kernel.gate.test_never import cards, policies

TODAY = Circumstances(decided_on="2026-11-24", card_age_days=3)
CARD = card(table("a", n=300))
RULES = policy(prove(0.03))
COST = {"kind": "prove", "figure": "cost_ratio", "scope": "global", "at_most": 0.5}


def changed(kind: str, evaluator: str | None = None) -> Circumstances:
    return replace(TODAY, changes=(Change(kind, "then@1", "now@2", "2026-11-03", evaluator=evaluator),))  # type: ignore[arg-type]


def tainted(rows: int, *taken: Taken, compared: int = 300) -> Circumstances:
    return replace(TODAY, contamination=Contamination(("sha256:c",), rows, compared, taken))


def outcome(evidence: Scorecard, asked: Policy, around: Circumstances) -> list[tuple[str, str | None]]:
    return [(one.verdict, one.reason) for one in decide(evidence, asked, around).findings]


def test_in_good_order_the_verdict_stands() -> None:
    assert decide(CARD, RULES, TODAY).verdict == "pass"
    assert decide(CARD, RULES).findings == decide(CARD, RULES, TODAY).findings


def test_a_card_is_out_of_date_after_thirty_days_or_what_the_policy_says() -> None:
    assert decide(CARD, RULES, replace(TODAY, card_age_days=30)).verdict == "pass"
    [old] = decide(CARD, RULES, replace(TODAY, card_age_days=31)).findings
    assert (old.verdict, old.reason, old.rows_to_decide, old.p_pass) == ("inconclusive", "stale", None, None)
    assert old.value == 0.0
    assert old.sentence == (
        "Out of date. This card is 31 days old; the policy takes cards of at most 30 days. → Run again"
    )
    week = parse({**RULES.document(), "max_age_days": 7})
    assert outcome(CARD, week, replace(TODAY, card_age_days=8)) == [("inconclusive", "stale")]
    assert outcome(CARD, week, replace(TODAY, card_age_days=7)) == [("pass", None)]


def test_another_teacher_blocks_every_figure_but_what_is_only_counted() -> None:
    missing = {"kind": "guard", "figure": "missing", "scope": "global", "evaluators": "all", "at_most": 0.05}
    evidence = card(priced("a", [("0.02", "0.001")] * 300))
    found = decide(evidence, policy(prove(0.03), COST, missing), changed("teacher"))
    assert [(one.figure, one.verdict, one.reason) for one in found.findings] == [
        ("score", "inconclusive", "teacher_changed"),
        ("cost_ratio", "inconclusive", "teacher_changed"),
        ("missing", "clear", None),
    ]
    assert found.findings[0].sentence == (
        "Out of date. The teacher changed from then@1 to now@2 on 3 Nov 2026; this card compares with then@1. "
        "→ Run again"
    )


def test_a_blocked_harm_is_not_a_fail() -> None:
    bad = card(table("a", losses=60, n=300))
    assert decide(bad, RULES, TODAY).verdict == "fail"
    assert decide(bad, RULES, changed("teacher")).verdict == "inconclusive"


def test_another_judge_blocks_its_column_and_another_price_the_cost() -> None:
    rows = [*table("a", n=300), *table("a", n=300, evaluator="json")]
    two = card(rows, evaluators=("json", "quality"))
    assert [(one.evaluator, one.reason) for one in decide(two, RULES, changed("judge", "json")).findings] == [
        ("json", "judge_changed"),
        ("quality", None),
    ]
    assert outcome(two, RULES, changed("evaluator", "quality")) == [
        ("pass", None),
        ("inconclusive", "evaluator_changed"),
    ]
    evidence = card(priced("a", [("0.02", "0.001")] * 300))
    assert outcome(evidence, policy(prove(0.03), COST), changed("price")) == [
        ("pass", None),
        ("inconclusive", "price_changed"),
    ]


def test_newer_rows_and_other_traffic_make_a_card_stale() -> None:
    assert outcome(CARD, RULES, changed("dataset")) == [("inconclusive", "stale")]
    moved = replace(TODAY, mix_drift=MixDrift(psi=0.21, p=0.002))
    assert outcome(CARD, RULES, moved) == [("inconclusive", "stale")]
    assert outcome(CARD, RULES, replace(TODAY, mix_drift=MixDrift(psi=0.05, p=0.002))) == [("pass", None)]


def live(newest: float | None, earlier: float | None) -> Circumstances:
    windows = (
        LiveWindow("sha256:n", "2026-11-15", "2026-11-21", newest),
        LiveWindow("sha256:e", "2026-11-08", "2026-11-14", earlier),
    )
    return replace(TODAY, live=LiveTraffic(windows[0], rows=900, unknown_share=0.0, earlier=windows[1]))


def test_texts_that_moved_in_two_windows_running_make_a_card_stale_and_one_alone_does_not() -> None:
    [told] = decide(CARD, RULES, live(0.005, 0.005)).findings
    assert (told.verdict, told.reason) == ("inconclusive", "stale")
    assert told.sentence == (
        "Out of date. Live traffic asks other things than the golden rows, in two windows running: "
        "8 Nov 2026 to 14 Nov 2026 and 15 Nov 2026 to 21 Nov 2026. → Run again on new rows"
    )
    assert outcome(CARD, RULES, live(0.005, 0.2)) == [("pass", None)]
    assert outcome(CARD, RULES, live(0.2, 0.005)) == [("pass", None)]
    assert outcome(CARD, RULES, live(None, None)) == [("pass", None)]


def test_what_traffic_says_is_said_without_a_card_in_the_same_words() -> None:
    both = live(0.005, 0.005).live
    assert outrun(None, both) == decide(CARD, RULES, live(0.005, 0.005)).findings[0].sentence
    assert outrun(MixDrift(0.3, 0.001), both).startswith("Out of date. The mix of cohorts in live traffic has moved")
    assert outrun(MixDrift(0.05, 0.001), live(0.005, 0.2).live) == outrun(None, None) == ""


def test_a_newer_policy_is_remarked_and_blocks_nothing() -> None:
    found = decide(CARD, RULES, changed("policy"))
    assert found.verdict == "pass"
    assert "policy_superseded" in [remark.code for remark in found.remarks]


def test_more_than_one_percent_of_contaminated_rows_block_every_score() -> None:
    assert outcome(CARD, RULES, tainted(4)) == [("inconclusive", "contaminated")]
    [told] = decide(CARD, RULES, tainted(4)).findings
    assert told.sentence == (
        "Contaminated. 4 of 300 rows stand in the student's training corpus too (1.3 %), more than the 1 % that is "
        "tolerated. → Replace them and run again"
    )
    lax = parse({**RULES.document(), "max_contaminated": 0.05})
    assert outcome(CARD, lax, tainted(4, Taken("a", "quality", ((1.0, 1.0, 4),)))) == [("pass", None)]


def test_few_contaminated_rows_never_decide() -> None:
    """99 tied rows show 3 pp, 98 do not: the pass rested on the row that the student was trained on."""
    enough, short = card(table("a", n=100)), card(table("a", n=99))
    one = Taken("a", "quality", ((1.0, 1.0, 1),))
    assert outcome(enough, RULES, tainted(1, one, compared=100)) == [("pass", None)]
    [rests] = decide(short, RULES, replace(tainted(1, one, compared=120))).findings
    assert (rests.verdict, rests.reason) == ("inconclusive", "contaminated")
    assert rests.sentence == (
        "Contaminated. All cohorts × quality: pass with all rows, inconclusive without the 1 row that the student was "
        "trained on. → Replace them and run again"
    )


def test_scores_that_the_card_does_not_hold_settle_nothing() -> None:
    strange = Taken("a", "quality", ((0.0, 1.0, 1),))
    assert outcome(CARD, RULES, tainted(1, strange)) == [("inconclusive", "contaminated")]
    assert outcome(CARD, RULES, tainted(1, Taken("b", "quality", ((1.0, 1.0, 1),)))) == [
        ("inconclusive", "contaminated")
    ]


def test_a_guard_that_would_fail_on_the_clean_rows_is_not_clear() -> None:
    """The 5 wins are all contaminated: without them the losses stand out."""
    evidence = card([*table("a", losses=17, wins=5, n=300), *table("b", n=300)])
    asked = policy(prove(0.5), guard(0.02, "each_cohort"))
    leaked = Taken("a", "quality", ((0.0, 1.0, 5),))
    assert [one.verdict for one in decide(evidence, asked, TODAY).findings] == ["pass", "clear", "clear"]
    found = decide(evidence, asked, tainted(5, leaked, compared=600)).findings
    assert [(one.cohort, one.verdict, one.reason) for one in found] == [
        ("*", "pass", None),
        ("a", "inconclusive", "contaminated"),
        ("b", "clear", None),
    ]


def test_the_card_of_a_selection_run_is_no_evidence_whatever_stands_around_it() -> None:
    chosen = replace(
        CARD,
        facts={"plan": {"purpose": "selection"}},
    )
    for found in (decide(chosen, RULES), decide(chosen, RULES, TODAY)):
        assert (found.verdict, found.findings[0].reason) == ("invalid", "selection_run")


def test_an_auditor_recomputes_the_decision_from_what_is_stored() -> None:
    around = tainted(1, Taken("a", "quality", ((1.0, 1.0, 1),)))
    stored = digest.canonical(report(CARD, decide(CARD, RULES, around)))
    told = json.loads(stored)
    again = Circumstances.from_document(told["circumstances"])
    assert digest.canonical(report(CARD, decide(CARD, RULES, again))) == stored


def test_without_circumstances_the_report_has_no_word_of_them() -> None:
    plain = report(CARD, decide(CARD, RULES))
    assert {"circumstances", "remarks", "to_collect"}.isdisjoint(plain)
    assert {"circumstances", "remarks", "to_collect"} <= set(report(CARD, decide(CARD, RULES, TODAY)))


kinds = st.sampled_from(["teacher", "dataset", "judge", "evaluator", "price", "policy"])
changes = st.builds(
    Change, kinds, st.just("x@1"), st.just("x@2"), st.just("2026-11-03"), st.sampled_from([None, "json", "quality"])
)
takings = st.builds(
    Taken,
    st.sampled_from(["a", "b", "zz"]),
    st.sampled_from(["json", "quality"]),
    st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.sampled_from([0.0, 1.0]), st.integers(1, 3)), max_size=2).map(
        tuple
    ),
)
around_them = st.builds(
    Circumstances,
    st.just("2026-11-24"),
    st.sampled_from([0, 30, 31, 4000]),
    st.lists(changes, max_size=3).map(tuple),
    st.none(),
    st.none()
    | st.builds(
        Contamination, st.just(()), st.integers(0, 5), st.integers(0, 200), st.lists(takings, max_size=3).map(tuple)
    ),
    st.none() | st.builds(MixDrift, st.sampled_from([0.0, 0.5]), st.sampled_from([0.001, 0.5])),
    st.none()
    | st.builds(live, st.sampled_from([None, 0.001, 0.5]), st.sampled_from([None, 0.001])).map(lambda one: one.live),
)


@settings(max_examples=40)
@given(cards(), policies(), around_them)
def test_circumstances_only_ever_take_a_verdict_away(evidence: Scorecard, asked: Policy, around: Circumstances) -> None:
    circumstances_take_a_verdict_away(evidence, asked, around)


@pytest.mark.slow
@settings(max_examples=300)
@given(cards(), policies(), around_them)
def test_circumstances_take_a_verdict_away_in_many_cards(
    evidence: Scorecard, asked: Policy, around: Circumstances
) -> None:
    circumstances_take_a_verdict_away(evidence, asked, around)


def circumstances_take_a_verdict_away(evidence: Scorecard, asked: Policy, around: Circumstances) -> None:
    alone, within = decide(evidence, asked), decide(evidence, asked, around)
    assert len(alone.findings) == len(within.findings)
    for before, after in zip(alone.findings, within.findings, strict=True):
        assert after.verdict in (before.verdict, "inconclusive")
        assert after.sentence
    if within.verdict == "pass":
        assert alone.verdict == "pass"
    assert b"NaN" not in digest.canonical(report(evidence, within))


@pytest.mark.parametrize("field", ["max_age_days", "max_contaminated"])
def test_a_field_that_was_never_written_stays_out_of_the_document(field: str) -> None:
    assert field not in RULES.document()


LATENCY = {"kind": "guard", "figure": "latency", "scope": "global", "at_most_ms": 2000, "quantile": 0.5}
RATE = {"kind": "prove", "figure": "pass_rate", "scope": "global", "evaluators": ["quality"], "at_least": 0.9}


def test_what_the_student_reaches_by_itself_does_not_rest_on_the_teacher() -> None:
    evidence = card(timed("a", [(100.0, 100.0)] * 300))
    asked = policy(LATENCY, RATE)
    assert outcome(evidence, asked, changed("teacher")) == [("clear", None), ("pass", None)]
    assert outcome(evidence, asked, changed("dataset")) == [("inconclusive", "stale")] * 2
    assert outcome(evidence, asked, changed("evaluator", "quality")) == [
        ("clear", None), ("inconclusive", "evaluator_changed"),
    ]  # fmt: skip


def test_a_pass_rate_that_rests_on_rows_trained_on_is_none() -> None:
    """All rows pass; without the two that were trained on, 298 of them still show 98 %, and 28 do not show 90 %."""
    asked = policy({**RATE, "at_least": 0.98})
    taken = Taken("a", "quality", ((1.0, 1.0, 2),))
    assert outcome(card(table("a", n=300)), asked, tainted(2, taken)) == [("pass", None)]
    few = policy(RATE)
    assert outcome(card(table("a", n=30)), few, tainted(2, taken, compared=3000)) == [("inconclusive", "contaminated")]
    assert outcome(card(table("a", n=300)), asked, tainted(9, taken)) == [("inconclusive", "contaminated")]
