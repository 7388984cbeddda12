from __future__ import annotations

from typing import Any

import pytest

from apps.kernel.gate import decide
from apps.kernel.report import report
from apps.kernel.scorecard import Scorecard, Unpaired
from tests.kernel.cards import card, guard, policy, priced, prove, scored, table, timed


def cells(evidence: Scorecard, *rules: dict[str, object], alpha: float = 0.05) -> dict[tuple[str, str], dict[str, Any]]:
    written: Any = report(evidence, decide(evidence, policy(*rules, alpha=alpha)) if rules else None)
    return {(cell["cohort"], cell["evaluator"]): cell for cell in written["cells"]}


def test_all_cohorts_come_first_then_cohorts_by_name() -> None:
    written: Any = report(card([*table("b", n=2), *table("a", n=2)]), None)
    assert [cell["cohort"] for cell in written["cells"]] == ["*", "a", "b"]
    assert [cohort["cohort"] for cohort in written["cohorts"]] == ["*", "a", "b"]


def test_a_cell_says_its_figures_in_points() -> None:
    cell = cells(card(table("a", losses=31, wins=6, n=412)), prove(0.03))["*", "quality"]
    assert (cell["n"], cell["losses"], cell["wins"]) == (412, 31, 6)
    assert cell["delta_pp"] == -6.067961165
    assert cell["student"] - cell["teacher"] == pytest.approx(-0.06067961165, abs=1e-9)
    assert cell["interval_pp"] == pytest.approx([-8.65, -3.80], abs=0.06)
    assert (cell["level"], cell["verdict"], cell["margin_pp"], cell["rule"]) == (0.9, "fail", 3.0, "r0")
    assert cell["missing"] == {"teacher": 0, "student": 0, "pairs": 0, "reasons": {}}


def test_a_cell_no_rule_touched_has_an_interval_and_no_verdict() -> None:
    cell = cells(card(table("a", losses=6, wins=2, n=200)), prove(0.03))["a", "quality"]
    assert (cell["verdict"], cell["margin_pp"], cell["rows_to_decide"], cell["level"]) == (None, None, None, 0.9)
    assert cell["interval_pp"] == pytest.approx([-4.805, 0.429], abs=0.0006)


def test_without_a_decision_nothing_is_judged() -> None:
    written: Any = report(card(table("a", n=5)), None)
    assert (written["verdict"], written["findings"], written["policy_digest"]) == (None, [], None)
    assert {cell["verdict"] for cell in written["cells"]} == {None}


def test_the_worst_rule_rules_the_cell() -> None:
    # Shown to stay within 5 points, but not within 1.
    evidence = card(table("a", losses=2, wins=2, n=300))
    cell = cells(evidence, prove(0.05), guard(0.05), prove(0.01))["*", "quality"]
    assert (cell["verdict"], cell["margin_pp"], cell["rule"], cell["reason"]) == (
        "inconclusive",
        1.0,
        "r2",
        "insufficient",
    )
    assert cell["rows_to_decide"] > 300
    cell = cells(evidence, prove(0.05), guard(0.05))["*", "quality"]
    assert (cell["verdict"], cell["rule"]) == ("clear", "r1")


def test_rules_about_other_figures_leave_the_cells_alone() -> None:
    missing = {"kind": "guard", "figure": "missing", "at_most": 0.05}
    cell = cells(card(table("a", n=400, missing=1)), prove(0.03), missing)["*", "quality"]
    assert (cell["verdict"], cell["missing"]["pairs"], cell["missing"]["reasons"]) == (
        "pass",
        1,
        {"upstream_deadline": 1},
    )


def test_a_cell_without_complete_pairs_is_null_not_zero() -> None:
    cell = cells(card(table("a", n=0, missing=4)), prove(0.03))["*", "quality"]
    assert [cell[key] for key in ("n", "teacher", "student", "delta_pp", "interval_pp", "level")] == [0, *[None] * 5]
    assert (cell["verdict"], cell["reason"], cell["rows_to_decide"]) == ("inconclusive", "missing", 99)


def test_a_strict_policy_draws_its_own_level() -> None:
    found = cells(card(scored("a", [(0.5, 0.6)] * 30)), prove(0.03), alpha=0.025)
    assert (found["*", "quality"]["level"], found["a", "quality"]["level"]) == (0.95, 0.9)


def test_cohorts_say_cost_and_latency() -> None:
    rows = [*priced("a", [("0.02", "0.01"), ("0.03", "0.015")] * 4), *timed("b", [(10.0, 30.0), (20.0, 20.0)])]
    written: Any = report(card(rows, high_value=["b"]), None)
    everything, a, b = written["cohorts"]
    assert (a["cost_ratio"], a["cost_ratio_reason"], a["cost_ratio_level"]) == (0.5, None, 0.9)
    assert a["cost_ratio_interval"] == pytest.approx([0.5, 0.5])
    assert (b["cost_ratio"], b["cost_ratio_interval"], b["cost_ratio_reason"]) == (None, None, "unpriced")
    assert (everything["cost_ratio"], everything["cost_ratio_reason"], everything["n"]) == (None, "unpriced", 10)
    assert (b["latency_p50_ms"], b["latency_p99_ms"], b["latency_reason"]) == (
        {"teacher": 10.0, "student": 20.0},
        {"teacher": 20.0, "student": 30.0},
        None,
    )
    assert (a["latency_p50_ms"], a["latency_reason"]) == ({"teacher": None, "student": None}, "evidence_missing")
    assert [(c["high_value"], c["weight"]) for c in written["cohorts"]] == [(None, 1.0), (False, 0.8), (True, 0.2)]


def test_one_priced_row_has_a_ratio_without_bounds() -> None:
    written: Any = report(card(priced("a", [("0.02", "0.01")])), None)
    a = written["cohorts"][1]
    assert (a["cost_ratio"], a["cost_ratio_interval"], a["cost_ratio_reason"]) == (0.5, None, "unbounded")


def test_the_document_carries_counts_facts_and_digests() -> None:
    evidence = card(table("a", n=300), unpaired=Unpaired(1, 2, 3))
    rules = policy(prove(0.03))
    written = report(evidence, decide(evidence, rules))
    assert written["unpaired"] == {"teacher_only": 1, "student_only": 2, "neither": 3}
    assert written["facts"] == {"dataset": "sha256:d"}
    assert (written["digest"], written["policy_digest"]) == (evidence.digest, rules.digest)
    assert written["weights_source"] == "row_share"
