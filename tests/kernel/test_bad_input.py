"""Each bad input has a named outcome: a verdict with its reason, or a refusal with its code. Never a silent zero."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.gate import Circumstances, Finding, decide
from apps.kernel.gate.circumstances import CircumstancesUnreadable
from apps.kernel.policy import Policy, PolicyRefused, parse
from apps.kernel.price import PriceCard
from apps.kernel.report import report
from apps.kernel.scorecard import Arm, Cohort, Evaluator, Row, Unpaired, assemble
from apps.kernel.scorecard.assemble import EvidenceRefused
from tests.kernel.cards import arm, card, guard, policy, prove, scored, table

ONE = policy(prove(0.03))


def only(rows: list[Row], asked: Policy = ONE) -> Finding:
    evidence = card(rows, weights=None if rows else {"a": 1.0})
    [finding] = decide(evidence, asked).findings
    return finding


def test_no_rows_at_all() -> None:
    found = only([])
    assert (found.verdict, found.reason, found.value) == ("inconclusive", "evidence_missing", None)
    written: Any = report(card([], weights={"a": 1.0}), decide(card([], weights={"a": 1.0}), ONE))
    assert written["cells"] == []


def test_one_row() -> None:
    tie = only(table("a", n=1))
    assert (tie.verdict, tie.reason, tie.value) == ("inconclusive", "insufficient", 0.0)
    assert tie.interval is not None
    assert (tie.interval.low, tie.interval.high) != (0.0, 0.0)
    assert only(table("a", losses=1, n=1)).verdict == "inconclusive"


def test_all_ties_have_a_width_and_pass_only_with_enough_rows() -> None:
    assert [only(table("a", n=n)).verdict for n in (98, 99)] == ["inconclusive", "pass"]
    found = only(table("a", n=50))
    assert found.interval is not None
    assert found.interval.low < 0 < found.interval.high


def test_zero_variance_never_shrinks_an_interval_to_a_point() -> None:
    same = only(scored("a", [(0.5, 0.25)] * 40))
    assert same.interval is not None
    assert same.interval.low < -0.25 < same.interval.high
    lost = only(table("a", losses=30, n=30))
    assert (lost.verdict, lost.value) == ("fail", -1.0)
    assert lost.interval is not None
    assert lost.interval.high > -1.0


def test_no_discordant_pair_is_no_proof_by_itself() -> None:
    found = only(table("a", n=25))
    assert (found.verdict, found.reason) == ("inconclusive", "insufficient")
    assert found.rows_to_decide is not None
    assert found.rows_to_decide >= 99


def test_one_cluster_proves_nothing_by_name() -> None:
    together = only([replace(row, cluster="one talk") for row in table("a", n=500)])
    assert (together.verdict, together.reason) == ("inconclusive", "few_clusters")
    assert (together.interval, together.rows_to_decide) == (None, None)


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_scores_that_are_no_numbers_block_their_cell(score: float) -> None:
    rows = [*table("a", n=400), Row("bad", "a", arm(1.0), Arm({"quality": Outcome(score)}))]
    found = only(rows)
    assert (found.verdict, found.reason) == ("inconclusive", "not_finite")


@pytest.mark.parametrize("score", [-0.5, 1.5, 7.0])
def test_scores_outside_the_scale_are_missing_with_their_reason(score: float) -> None:
    rows = [*table("a", n=10), Row("bad", "a", arm(1.0), Arm({"quality": Outcome(score)}))]
    cell = card(rows).cell("a", "quality")
    assert cell is not None
    assert (cell.n, cell.missing.student, dict(cell.missing.reasons)) == (10, 1, {"out_of_range": 1})


@pytest.mark.parametrize("field", ["input_usd_per_mtok", "output_usd_per_mtok", "per_call_usd"])
def test_prices_below_zero_are_refused(field: str) -> None:
    prices = {"input_usd_per_mtok": Decimal(1), "output_usd_per_mtok": Decimal(1), field: Decimal(-1)}
    with pytest.raises(Exception) as refused:
        PriceCard(**prices)
    assert refused.value.code == "price_invalid"  # type: ignore[attr-defined]
    with pytest.raises(EvidenceRefused) as cost:
        card([Row("a-0", "a", arm(1.0, cost="-0.01"), arm(1.0, cost="0.01"))])
    assert cost.value.code == "cost_negative"


def test_a_margin_of_zero_is_refused_where_a_loss_must_be_within_it() -> None:
    with pytest.raises(PolicyRefused) as refused:
        policy(prove(0))
    assert refused.value.code == "margin_not_positive"
    # Behind the others by anything at all may be asked: nothing is judged by it.
    assert policy({"kind": "guard", "figure": "excess_loss", "scope": "each_cohort", "margin": 0}).rules[0].limit == 0


@pytest.mark.parametrize("weights", [(0.5, 0.4), (1.5, -0.5), (math.nan, 1.0), (0.0, 0.0)])
def test_weights_that_do_not_sum_are_refused(weights: tuple[float, float]) -> None:
    with pytest.raises(EvidenceRefused) as refused:
        assemble(
            table("a", n=3),
            cohorts=[Cohort("a", False, weights[0]), Cohort("b", False, weights[1])],
            evaluators=[Evaluator("quality", True)],
            weights_source="declared",
            unpaired=Unpaired(),
            facts={},
        )
    assert refused.value.code == "weights_sum"


def test_a_teacher_that_is_missing_alone_is_counted_and_never_a_win() -> None:
    rows = [*table("a", n=300), *(Row(f"t{n}", "a", arm("upstream_deadline"), arm(1.0)) for n in range(30))]
    cell = card(rows).cell("a", "quality")
    assert cell is not None
    assert (cell.n, cell.wins, cell.missing.teacher, cell.missing.student) == (300, 0, 30, 0)
    found = only(rows)
    assert (found.verdict, found.reason) == ("inconclusive", "missing")


def test_ten_thousand_rules_are_refused_with_one_answer() -> None:
    rules = [{"id": str(number), **prove(0.03)} for number in range(10_000)]
    with pytest.raises(PolicyRefused) as refused:
        parse({"name": "many", "rules": rules})
    assert (refused.value.code, len(refused.value.errors)) == ("rules_missing", 1)


def test_as_many_rules_as_are_allowed_are_judged() -> None:
    rules = [guard(0.03, "each_cohort") for _ in range(100)]
    assert len(decide(card(table("a", n=50)), policy(*rules)).findings) == 101


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("max_age_days", 0, "max_age_out_of_range"),
        ("max_age_days", -1, "max_age_out_of_range"),
        ("max_age_days", 3651, "max_age_out_of_range"),
        ("max_age_days", "30", "not_a_number"),
        ("max_age_days", None, "not_a_number"),
        ("max_age_days", math.nan, "not_a_number"),
        ("max_contaminated", -0.01, "max_contaminated_out_of_range"),
        ("max_contaminated", 1, "max_contaminated_out_of_range"),
        ("max_contaminated", True, "not_a_number"),
    ],
)
def test_a_limit_of_evidence_that_makes_no_sense_is_refused(field: str, value: object, code: str) -> None:
    with pytest.raises(PolicyRefused) as refused:
        parse({**ONE.document(), field: value})
    assert (refused.value.code, refused.value.where) == (code, {"pointer": f"/{field}"})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "prove"}, "kind_not_possible"),
        ({"scope": "global"}, "scope_not_possible"),
        ({"margin": -0.1}, "margin_out_of_range"),
        ({"margin": 1}, "margin_out_of_range"),
        ({"unit": "pp"}, "unknown_field"),
    ],
)
def test_a_look_that_cannot_be_taken_is_refused(change: dict[str, object], code: str) -> None:
    look = {"id": "l", "kind": "guard", "figure": "excess_loss", "scope": "each_cohort", "margin": 0.01, **change}
    with pytest.raises(PolicyRefused) as refused:
        parse({"name": "p", "rules": [look]})
    assert refused.value.code == code


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    ["name", "alpha", "rules", "description", "max_age_days", "max_contaminated", "levels", "figure", "margin"]
)
rule_like = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "kind",
            "figure",
            "scope",
            "margin",
            "at_most",
            "evaluators",
            "unit",
            "quantile",
            "at_most_ms",
            "until",
            "at_least",
            "fail_above",
        ]
    ),
    json_values
    | st.sampled_from(
        [
            "prove",
            "guard",
            "score",
            "excess_loss",
            "missing",
            "latency",
            "pass_rate",
            "first_token",
            "each_cohort",
            0.03,
        ]
    ),
    max_size=10,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, json_values, max_size=7), st.lists(rule_like, max_size=4))
def test_any_document_is_a_policy_or_is_refused_by_name(document: dict[str, Any], rules: list[Any]) -> None:
    made, problems = None, ()
    try:
        made = parse({**document, "rules": rules})
    except PolicyRefused as refused:
        problems = refused.errors
    assert made is not None or problems
    assert all("pointer" in problem.where and problem.code for problem in problems)
    if made is not None:
        assert parse(made.document()).digest == made.digest


@settings(max_examples=200, deadline=None)
@given(json_values | st.dictionaries(st.sampled_from(list(Circumstances("2026-11-24", 0).document())), json_values))
def test_any_document_is_circumstances_or_is_refused_by_name(document: Any) -> None:
    try:
        made = Circumstances.from_document(document)
    except CircumstancesUnreadable:
        return
    assert Circumstances.from_document(made.document()) == made
