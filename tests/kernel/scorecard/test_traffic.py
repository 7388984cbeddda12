from __future__ import annotations

from apps.kernel.scorecard import NO_OUTPUT, Arm, Row, Traffic
from tests.kernel.cards import card, priced, timed


def test_costs_and_latencies_are_paired_by_row() -> None:
    traffic = card(priced("a", [("0.02", "0.01"), ("0.04", "0.01")])).traffic["a"]
    assert traffic.cost.triples == ((0.02, 0.01, 1), (0.04, 0.01, 1))
    assert (traffic.rows, traffic.unpriced, traffic.untimed) == (2, 0, 2)


def test_an_attempt_without_a_price_is_counted_not_taken_as_zero() -> None:
    traffic = card(priced("a", [("0.02", None), (None, None), ("0.02", "0.01")])).traffic["a"]
    assert (traffic.unpriced, traffic.cost.n) == (3, 1)


def test_a_row_timed_in_one_arm_leaves_both() -> None:
    traffic = card(timed("a", [(100.0, None), (100.0, 50.0), (float("inf"), 50.0)])).traffic["a"]
    assert (traffic.latency.triples, traffic.untimed) == (((100.0, 50.0, 1),), 2)


def test_a_row_nobody_attempted_in_one_arm_is_neither_priced_nor_unpriced() -> None:
    rows = [
        *priced("a", [("0.02", "0.01")]),
        Row("x", "a", priced("a", [("0.02", "0.01")])[0].teacher, Arm(fault=NO_OUTPUT)),
    ]
    traffic = card(rows).traffic["a"]
    assert (traffic.rows, traffic.cost.n, traffic.unpriced) == (2, 1, 0)


def test_all_cohorts_together_count_each_row_once() -> None:
    found = card([*priced("a", [("0.02", "0.01")]), *priced("b", [("0.02", "0.01"), ("0.03", None)])])
    assert found.traffic_of("*") == Traffic.merged([found.traffic["a"], found.traffic["b"]])
    assert (found.traffic_of("*").rows, found.traffic_of("*").cost.triples) == (3, ((0.02, 0.01, 2),))


def test_a_document_reads_back() -> None:
    traffic = card(priced("a", [("0.02", "0.01"), ("0.03", None)])).traffic["a"]
    assert Traffic.from_document(traffic.document()) == traffic
