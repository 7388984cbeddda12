"""What would decide an open finding: rows, and what both models' answers to them cost and take."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.kernel.collecting import price_of, to_collect
from apps.kernel.evaluators.contract import Outcome
from apps.kernel.gate import decide
from apps.kernel.scorecard import Arm, Row, Scorecard
from tests.kernel.cards import card, guard, policy, prove, table


def measured(n: int, *, cost: str | None = "0.02", ms: float | None = 1500.0) -> Scorecard:
    side = Arm({"quality": Outcome(1.0)}, None if cost is None else Decimal(cost), ms)
    return card([Row(f"vip-{number}", "vip", side, side) for number in range(n)], high_value=["vip"])


def test_missing_rows_are_priced_and_timed_by_the_rows_there_are() -> None:
    evidence = measured(15)
    [line] = to_collect(evidence, decide(evidence, policy(prove(0.01, "high_value"))).findings)
    assert (line.rule, line.cohort, line.evaluator) == ("r0", "vip", "quality")
    assert line.rows_missing == line.rows_to_decide - 15
    assert line.usd == pytest.approx(line.rows_missing * 0.04)
    assert line.minutes == pytest.approx(line.rows_missing * 3.0 / 60)


def test_what_is_unpriced_or_untimed_stays_unknown() -> None:
    [line] = to_collect(
        measured(15, cost=None, ms=None),
        decide(measured(15, cost=None, ms=None), policy(prove(0.01, "high_value"))).findings,
    )
    assert (line.usd, line.minutes) == (None, None)
    assert price_of(card(table("a", n=5))).usd_per_row is None


def test_what_is_decided_or_beyond_saving_needs_no_rows() -> None:
    passed = measured(300)
    assert to_collect(passed, decide(passed, policy(prove(0.03), guard(0.03))).findings) == ()
    behind = card(table("a", losses=2, n=30))
    [finding] = decide(behind, policy(prove(0.03))).findings
    assert (finding.verdict, finding.rows_to_decide) == ("inconclusive", None)
    assert to_collect(behind, [finding]) == ()


def test_rows_with_a_time_count_towards_a_percentile_and_those_scored_towards_a_rate() -> None:
    evidence = measured(100)
    rules = (
        {"kind": "prove", "figure": "latency", "at_most_ms": 2000},
        {"kind": "prove", "figure": "pass_rate", "evaluators": ["quality"], "at_least": 0.98},
    )
    lines = to_collect(evidence, decide(evidence, policy(*rules)).findings)
    assert [(line.rows_to_decide - line.rows_missing) for line in lines] == [100, 100]
    assert all(line.rows_missing > 0 for line in lines)
