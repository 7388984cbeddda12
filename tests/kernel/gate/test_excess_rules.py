"""A cohort that lags behind the others is worth a look, at a stated chance of error, and fails nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from apps.kernel.gate import decide
from apps.kernel.gate.excess_rules import contrast, findings
from apps.kernel.statistics.bounded import Stratum, phantom_interval
from tests.kernel.cards import card, policy, prove, scored, table

LOOK = {"kind": "guard", "figure": "excess_loss", "scope": "each_cohort", "margin": 0}


def test_a_cohort_far_behind_the_rest_is_pointed_at_and_fails_nothing() -> None:
    evidence = card([*table("a", n=400), *table("b", losses=40, n=200)])
    decided = decide(evidence, policy(prove(0.2), LOOK))
    assert decided.verdict == "pass"
    a, b = decided.findings[1:]
    assert (a.cohort, a.verdict, a.reason) == ("a", "clear", None)
    assert (b.cohort, b.verdict, b.reason, b.value) == ("b", "clear", "worth_a_look", -0.2)
    assert b.sentence.startswith("Worth a look. b × quality lost 20.0 pp more than the other cohorts")
    assert "Chance of a false alarm among 3 figures looked at together: at most 5 %." in b.sentence


def test_equal_cohorts_are_left_alone() -> None:
    evidence = card([*table("a", losses=4, n=200), *table("b", losses=5, n=200)])
    found = findings(evidence, policy(LOOK), harm=[])
    assert [(one.verdict, one.reason) for one in found] == [("clear", None), ("clear", None)]


def test_a_margin_is_what_the_cohort_may_lose_beyond_the_rest() -> None:
    evidence = card([*table("a", n=400), *table("b", losses=40, n=200)])
    lax = policy({**LOOK, "margin": 0.2})
    assert [one.reason for one in findings(evidence, lax, harm=[])] == [None, None]


def test_more_claims_of_harm_make_it_harder_to_point() -> None:
    evidence = card([*table("a", n=200), *table("b", losses=9, n=200)])
    assert [one.reason for one in findings(evidence, policy(LOOK), harm=[])] == [None, "worth_a_look"]
    assert [one.reason for one in findings(evidence, policy(LOOK), harm=[0.9] * 50)] == [None, None]


def test_a_cohort_alone_or_without_scores_is_not_compared() -> None:
    alone = findings(card(table("a", n=50)), policy(LOOK), harm=[])
    assert [(one.verdict, one.reason) for one in alone] == [("clear", "not_compared")]
    named = policy({**LOOK, "evaluators": ["toxicity"]})
    assert [one.reason for one in findings(card(table("a", n=50)), named, harm=[])] == ["not_compared"]


def test_the_contrast_is_the_phantom_t_of_half_of_it() -> None:
    evidence = card([*scored("a", [(0.5, 0.4)] * 30), *scored("b", [(0.5, 0.5)] * 60)])
    a, b = evidence.cell("a", "quality"), evidence.cell("b", "quality")
    assert a is not None
    assert b is not None
    found = contrast(a, [(1.0, b)], margin=0.0, level=0.9)
    by_hand = phantom_interval([Stratum(0.5, np.full(30, -0.1)), Stratum(0.5, np.zeros(60))], level=0.9)
    assert found.delta == pytest.approx(-0.1)
    assert found.interval.low == pytest.approx(2 * by_hand.interval.low)
    assert found.interval.high == pytest.approx(2 * by_hand.interval.high)


def test_the_rest_is_weighted_by_declared_traffic() -> None:
    rows = [*table("a", n=100), *table("b", losses=10, n=100), *table("c", losses=50, n=100)]
    found = findings(card(rows, weights={"a": 0.5, "b": 0.4, "c": 0.1}), policy(LOOK), harm=[])
    assert found[0].value == pytest.approx(0.8 * 0.1 + 0.2 * 0.5)


@pytest.mark.parametrize("cards", [150, pytest.param(1000, marks=pytest.mark.slow)])
def test_its_false_alarms_stay_under_the_printed_chance(cards: int) -> None:
    """4 equal cohorts of 60 rows, 10 % of rows lost and won alike: the printed 5 % holds."""
    dice = np.random.default_rng(20261124)
    asked = policy(LOOK)
    alarms = 0
    for _ in range(cards):
        rows = []
        for name in ("a", "b", "c", "d"):
            losses, wins, _ = dice.multinomial(60, [0.05, 0.05, 0.9])
            rows += table(name, losses=int(losses), wins=int(wins), n=60)
        alarms += any(one.reason for one in findings(card(rows), asked, harm=[]))
    assert alarms / cards <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / cards)
