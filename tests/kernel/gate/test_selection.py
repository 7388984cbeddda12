from __future__ import annotations

from apps.kernel.gate import decide
from apps.kernel.scorecard import Scorecard
from tests.kernel.cards import card, guard, policy, prove, table


def evidence(**more: object) -> Scorecard:
    rows = [
        *table("a", n=20),
        *table("a", n=20, evaluator="style"),
        *table("b", n=20),
        *table("c", n=20, evaluator="json"),
    ]
    return card(rows, evaluators=("json", "quality", "style"), secondary=("style",), **more)  # type: ignore[arg-type]


def asked(card_: Scorecard, rule: dict[str, object]) -> list[tuple[str, str | None, str | None]]:
    found = decide(card_, policy(rule)).findings
    return [(f.cohort, f.evaluator, f.reason) for f in found if f.rule == "r0"]


def test_a_global_rule_looks_at_all_rows_of_each_selected_evaluator() -> None:
    assert [place[:2] for place in asked(evidence(), guard(0.03))] == [("*", "json"), ("*", "quality")]
    assert [place[:2] for place in asked(evidence(), guard(0.03, evaluators="secondary"))] == [("*", "style")]
    assert [place[1] for place in asked(evidence(), guard(0.03, evaluators="all"))] == ["json", "quality", "style"]


def test_scopes_split_the_cohorts() -> None:
    marked = evidence(high_value=["b"])
    assert [place[0] for place in asked(marked, guard(0.03, "high_value"))] == ["b"]
    assert [place[0] for place in asked(marked, guard(0.03, "other_cohorts"))] == ["a", "c"]
    assert [place[0] for place in asked(marked, guard(0.03, "each_cohort"))] == ["a", "b", "c"]


def test_a_selection_word_takes_what_applies_to_the_cohort() -> None:
    places = asked(evidence(), prove(0.03, "each_cohort"))
    assert places == [("a", "quality", "insufficient"), ("b", "quality", "insufficient"), ("c", "json", "insufficient")]


def test_a_proof_without_any_evaluator_in_a_cohort_lacks_evidence() -> None:
    places = asked(evidence(), prove(0.03, "each_cohort", evaluators="secondary"))
    assert places == [("a", "style", "insufficient"), ("b", None, "evidence_missing"), ("c", None, "evidence_missing")]


def test_a_guard_without_any_evaluator_in_a_cohort_asks_nothing() -> None:
    assert asked(evidence(), guard(0.03, "each_cohort", evaluators="secondary")) == [("a", "style", None)]


def test_an_evaluator_asked_by_name_must_be_everywhere() -> None:
    places = asked(evidence(), guard(0.03, "each_cohort", evaluators=["json"]))
    assert places == [("a", "json", "evidence_missing"), ("b", "json", "evidence_missing"), ("c", "json", None)]


def test_an_evaluator_absent_from_the_card_lacks_evidence() -> None:
    found = decide(evidence(), policy(guard(0.03, evaluators=["toxicity"]))).findings[0]
    assert (found.verdict, found.reason, found.evaluator) == ("inconclusive", "evidence_missing", "toxicity")
    assert found.sentence == "Not enough evidence. All cohorts × toxicity: no row has this score. → Score the rows"


def test_a_high_value_rule_without_such_a_cohort_lacks_evidence() -> None:
    for rule in (prove(0.01, "high_value"), guard(0.01, "high_value")):
        found = decide(evidence(), policy(rule)).findings[0]
        assert (found.verdict, found.reason, found.cohort, found.evaluator) == (
            "inconclusive",
            "evidence_missing",
            "*",
            None,
        )
        assert found.rows_to_decide == 299


def test_other_cohorts_may_be_none() -> None:
    assert asked(evidence(high_value=["a", "b", "c"]), guard(0.03, "other_cohorts")) == []
