"""What rows can show before they are bought."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.planner import CohortSize, Pilot, Plan, Price, plan, total_missing
from apps.kernel.policy import TEMPLATES, Policy, parse

RELEASE: Policy = parse(TEMPLATES["release"])
SIZES = (CohortSize("plain", 285, high_value=False), CohortSize("gold", 15, high_value=True))


def of(plans: tuple[Plan, ...], cohort: str) -> Plan:
    return next(one for one in plans if one.cohort == cohort)


def test_fifteen_high_value_rows_cannot_show_one_point() -> None:
    gold = of(plan(SIZES, RELEASE), "gold")
    assert (gold.rule, gold.kind, gold.margin) == ("high-value", "prove", 0.01)
    assert round(gold.best_case, 3) == 0.181
    assert (gold.rows_needed, gold.rows_missing) == (299, 284)
    assert (gold.expected, gold.has_pilot) == (None, False)


def test_all_rows_are_asked_by_the_global_rule_and_others_by_the_guard() -> None:
    plans = plan(SIZES, RELEASE)
    whole, plain = of(plans, "*"), of(plans, "plain")
    assert (whole.rows, whole.kind, whole.margin, whole.rows_needed, whole.rows_missing) == (300, "prove", 0.03, 99, 0)
    assert (plain.kind, plain.margin, plain.rows_missing) == ("guard", 0.03, 0)


def test_a_pilot_tells_how_many_rows_its_disagreement_costs() -> None:
    pilot = {"gold": Pilot(rows=96, losses=3, wins=2)}
    gold = of(plan(SIZES, RELEASE, pilot=pilot), "gold")
    assert gold.has_pilot
    assert gold.rows_needed > 3000
    assert gold.expected > gold.best_case


def test_missing_rows_have_a_price_and_a_time() -> None:
    gold = of(plan(SIZES, RELEASE, price=Price(usd_per_row=0.01, seconds_per_row=3.0)), "gold")
    assert gold.usd == pytest.approx(2.84)
    assert gold.minutes == pytest.approx(14.2)


def test_rows_to_collect_count_once_for_a_cohort_and_for_the_whole() -> None:
    assert total_missing(plan(SIZES, RELEASE)) == 284
    few = (CohortSize("plain", 5, high_value=False), CohortSize("gold", 299, high_value=True))
    assert total_missing(plan(few, RELEASE)) == 0


def test_an_empty_cohort_shows_nothing() -> None:
    empty = of(plan((CohortSize("gold", 0, high_value=True),), RELEASE), "gold")
    assert (empty.best_case, empty.expected, empty.rows_needed) == (None, None, 299)


def test_a_policy_without_score_rules_asks_for_nothing() -> None:
    rule = {"id": "cost", "kind": "prove", "figure": "cost_ratio", "scope": "global", "at_most": 0.2}
    plans = plan(SIZES, parse({"name": "cost", "rules": [rule]}))
    assert {(one.rule, one.rows_needed, one.rows_missing) for one in plans} == {(None, None, 0)}


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_more_rows_never_show_less(a: int, b: int) -> None:
    few, many = sorted((a, b))
    shown = [of(plan((CohortSize("g", n, high_value=True),), RELEASE), "g").best_case for n in (few, many)]
    assert shown[0] >= shown[1]
