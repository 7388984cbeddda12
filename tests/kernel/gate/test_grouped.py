"""Cells with clusters at the gate: the phantom form in place of the exact one, and no verdict from four clusters."""

from __future__ import annotations

import pytest

from apps.kernel.gate import decide, grouped, measure
from apps.kernel.gate.finding import Finding
from apps.kernel.policy import Rule
from apps.kernel.scorecard import GLOBAL, Cell, Row, Unpaired
from tests.kernel.cards import arm, card, guard, policy, prove

RULE = Rule("r", "prove", "score", "global", 0.03)


def rows(clusters: int, size: int, *, lost: int = 0, missing: int = 0, cohort: str = "a", start: int = 0) -> list[Row]:
    """Clusters of equal size, all ties but for whole lost clusters and whole missing ones at the end."""
    outcomes: list[float | str] = [0.0] * lost + [1.0] * (clusters - lost - missing)
    outcomes += ["rate_limited"] * missing
    return [
        Row(f"{cohort}-{number}-{place}", cohort, arm(1.0), arm(outcome), cluster=f"c{start + number}")
        for number, outcome in enumerate(outcomes)
        for place in range(size)
    ]


def cell(evidence: list[Row], cohort: str = GLOBAL, **more: object) -> Cell:
    found = card(evidence, **more).cell(cohort, "quality")  # type: ignore[arg-type]
    assert found is not None
    return found


def finding(evidence: list[Row], rule: dict[str, object], **more: object) -> Finding:
    return decide(card(evidence, **more), policy(rule)).findings[0]  # type: ignore[arg-type]


def test_two_hundred_rows_of_twenty_conversations_are_no_two_hundred_rows() -> None:
    grouped_rows = measure.p_values(cell(rows(20, 10)), RULE)[0]
    twenty = measure.p_values(cell(rows(20, 1)), RULE)[0]
    assert grouped_rows > 0.3
    assert twenty == pytest.approx(0.97**20, abs=1e-9)  # single rows keep the exact test


def test_a_hundred_clusters_without_a_loss_pass_at_three_points() -> None:
    assert finding(rows(110, 4), prove(0.03)).verdict == "pass"
    held = finding(rows(60, 4), prove(0.03))
    assert (held.verdict, held.reason) == ("inconclusive", "insufficient")
    assert held.rows_to_decide is not None
    # Ninety-nine clusters at least, at four rows each.
    assert held.rows_to_decide >= 99 * 4
    assert "at least 396 rows" in held.sentence
    assert "at the spread between clusters seen here" in held.sentence


def test_whole_lost_clusters_are_harm_only_when_there_are_enough() -> None:
    assert finding(rows(12, 30, lost=1), guard(0.03)).verdict == "clear"
    failed = finding(rows(60, 30, lost=15), guard(0.03))
    assert failed.verdict == "fail"
    assert "1,800 rows in 60 clusters, 450 lost, 0 won" in failed.sentence


@pytest.mark.parametrize("kind", [prove, guard])
def test_four_clusters_decide_nothing(kind: object) -> None:
    found = finding(rows(4, 500, lost=4), kind(0.03))  # type: ignore[operator]
    assert (found.verdict, found.reason, found.rows_to_decide, found.interval) == (
        "inconclusive",
        "few_clusters",
        None,
        None,
    )
    assert "2,000 rows come from 4 clusters. At least 5 are needed" in found.sentence


def test_a_weighted_cohort_with_one_cluster_blocks_all_traffic() -> None:
    evidence = [*rows(30, 5), *rows(1, 40, cohort="b", start=90)]
    weighted = cell(evidence, weights={"a": 0.5, "b": 0.5})
    assert grouped.has_few_clusters(weighted)
    assert measure.interval_of(weighted, level=0.9) is None
    assert not grouped.has_few_clusters(cell(evidence))


def test_a_customer_in_two_cohorts_is_counted_once() -> None:
    same = cell([*rows(20, 5, lost=2), *rows(20, 5, lost=2, cohort="b")], weights={"a": 0.5, "b": 0.5})
    apart = cell([*rows(20, 5, lost=2), *rows(20, 5, lost=2, cohort="b", start=20)], weights={"a": 0.5, "b": 0.5})
    one, two = (measure.interval_of(each, level=0.9) for each in (same, apart))
    assert one is not None
    assert two is not None
    assert one.high - one.low > two.high - two.low
    pooled = measure.interval_of(cell(rows(20, 10, lost=2)), level=0.9)
    assert pooled is not None
    assert (one.low, one.high) == pytest.approx((pooled.low, pooled.high))


def test_missing_pairs_are_counted_in_their_clusters_both_ways() -> None:
    found = cell(rows(120, 4, missing=6))
    dropped, losses = (measure.p_values(found, RULE, pretend=way)[0] for way in ("dropped", "losses"))  # type: ignore[arg-type]
    assert dropped <= 0.05 < losses
    held = finding(rows(120, 4, missing=6), prove(0.03))
    assert (held.verdict, held.reason) == ("inconclusive", "missing")


def test_examples_nobody_placed_weigh_as_one_more_cluster() -> None:
    found = cell(rows(120, 4))
    assert measure.p_values(found, RULE)[0] <= 0.05
    assert measure.p_values(found, RULE, pretend="losses", unseen=30)[0] > 0.05
    held = finding(rows(120, 4), prove(0.03), unpaired=Unpaired(teacher_only=20))
    assert (held.verdict, held.reason) == ("inconclusive", "missing")


def test_a_relative_margin_moves_into_each_clusters_sum() -> None:
    half = [
        Row(f"{number}-{place}", "a", arm(0.5), arm(0.5 - 0.02 * (number % 2)), cluster=f"c{number}")
        for number in range(400)
        for place in range(2)
    ]
    relative = Rule("r", "prove", "score", "global", 0.2, unit="relative")
    absolute = Rule("r", "prove", "score", "global", 0.1)
    assert measure.p_values(cell(half), relative)[0] == pytest.approx(
        measure.p_values(cell(half), absolute)[0], rel=0.3
    )
    tight = Rule("r", "prove", "score", "global", 0.01, unit="relative")
    assert measure.p_values(cell(half), tight)[0] > 0.5


def test_the_smallest_loss_seen_is_that_of_clusters() -> None:
    many = measure.smallest_loss_seen(cell(rows(100, 1)), alpha=0.05)
    few = measure.smallest_loss_seen(cell(rows(10, 10)), alpha=0.05)
    assert many is not None
    assert few is not None
    assert few > 3 * many
    assert measure.smallest_loss_seen(cell(rows(4, 10)), alpha=0.05) is None
    assert measure.smallest_loss_seen(cell(rows(3, 1, missing=3)), alpha=0.05) is None
