"""One model by itself: scores, dollars and milliseconds with their limits, and nothing where nothing is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from apps.kernel import arms
from apps.kernel.arms import cost_per_1000, cost_ratio_at_use, latency_limits, score_interval
from apps.kernel.gate.latency_rules import latency_ratio
from apps.kernel.scorecard import GLOBAL, Cell, Row, Scorecard
from tests.kernel.cards import arm, card, priced, scored, table, timed

KNOWN = [("4.2", "0.31"), ("3.9", "0.28"), ("4.8", "0.40"), ("4.4", "0.33"),
         ("3.7", "0.27"), ("4.1", "0.30"), ("5.0", "0.39"), ("3.9", "0.29")]  # fmt: skip


def cell(rows: list[Row], cohort: str = GLOBAL, **more: Any) -> Cell:
    found = card(rows, **more).cell(cohort, "quality")
    assert found is not None
    return found


def clustered(clusters: int) -> list[Row]:
    """Clusters of four rows; the student misses every row of the first."""
    return [
        Row(f"{number}-{place}", "a", arm(1.0), arm(float(number > 0)), cluster=f"c{number}")
        for number in range(clusters)
        for place in range(4)
    ]


def test_counted_scores_have_wilsons_interval() -> None:
    found = cell(table("a", losses=20, n=200))
    student, teacher = (score_interval(found, role, level=0.95) for role in ("student", "teacher"))
    assert student is not None
    assert teacher is not None
    # 180 of 200 and 200 of 200.
    assert (student.low, student.high) == pytest.approx((0.8506, 0.9343), abs=5e-5)
    assert (teacher.low, teacher.high) == (pytest.approx(0.981155, abs=1e-6), 1.0)


def test_graded_scores_have_phantoms_of_nothing_and_of_full_marks() -> None:
    found = score_interval(cell(scored("a", [(0.5, 0.5)] * 25)), "student", level=0.9)
    assert found is not None
    # Twenty-five equal differences are held within ±.089337 (statistics.md §5); a score's scale is half as wide.
    assert (found.low, found.high) == pytest.approx((0.5 - 0.089337 / 2, 0.5 + 0.089337 / 2), abs=1e-6)


def test_weights_and_clusters_widen_it_and_four_clusters_say_nothing() -> None:
    rows = [*table("a", losses=5, n=50), *table("b", n=50)]
    even = score_interval(cell(rows, weights={"a": 0.5, "b": 0.5}), "student", level=0.9)
    uneven = score_interval(cell(rows, weights={"a": 0.9, "b": 0.1}), "student", level=0.9)
    assert even is not None
    assert uneven is not None
    assert uneven.high - uneven.low > even.high - even.low
    together = score_interval(cell(clustered(20)), "student", level=0.9)
    apart = score_interval(cell([replace(row, cluster=None) for row in clustered(20)]), "student", level=0.9)
    assert together is not None
    assert apart is not None
    assert together.high - together.low > 1.5 * (apart.high - apart.low)
    assert score_interval(cell(clustered(4)), "student", level=0.9) is None
    assert score_interval(cell(table("a", n=0, missing=3)), "student", level=0.9) is None


def test_a_clustered_score_does_not_mind_clusters_without_a_complete_pair() -> None:
    gap = Row("gap", "a", arm(1.0), arm("rate_limited"), cluster="c99")
    assert score_interval(cell([*clustered(20), gap]), "student", level=0.9) == score_interval(
        cell(clustered(20)), "student", level=0.9
    )


def test_a_thousand_rows_cost_a_thousand_means() -> None:
    found: Any = cost_per_1000(card(priced("a", KNOWN)), GLOBAL, level=0.95)
    assert (found["n"], found["few"], found["level"]) == (8, True, 0.95)
    assert found["teacher"]["usd"] == 4250.0
    assert found["teacher"]["interval"] == pytest.approx([3868.192, 4631.808], abs=1e-3)
    assert found["student"]["usd"] == 321.25
    assert cost_per_1000(card(priced("a", KNOWN * 7)), "a", level=0.9)["few"] is False  # type: ignore[index]


def test_costs_of_cohorts_without_traffic_are_no_cost_of_all_traffic() -> None:
    evidence = card(priced("b", [("1", "0.5")] * 3), weights={"a": 1.0, "b": 0.0})
    assert cost_per_1000(evidence, GLOBAL, level=0.9) is None
    assert cost_per_1000(evidence, "b", level=0.9) is not None


def test_over_all_traffic_costs_are_weighted() -> None:
    rows = [*priced("a", [("1", "1")] * 2), *priced("b", [("3", "1")] * 8)]
    assert cost_per_1000(card(rows), GLOBAL, level=0.9)["teacher"]["usd"] == 2600.0  # type: ignore[index]
    weighted = cost_per_1000(card(rows, weights={"a": 0.75, "b": 0.25}), GLOBAL, level=0.9)
    assert weighted["teacher"]["usd"] == 1500.0  # type: ignore[index]


def test_a_missing_price_is_not_a_price_of_nothing() -> None:
    unpriced = card(priced("a", [("1", "1"), ("1", None)]))
    assert cost_per_1000(unpriced, "a", level=0.9) is None
    assert cost_per_1000(card(table("a", n=3)), "a", level=0.9) is None
    assert cost_ratio_at_use(unpriced, "a") is None


def with_hardware(evidence: Scorecard, **roles: tuple[str, str]) -> Scorecard:
    prices = {role: {"hardware_usd_per_hour": usd, "traces_per_hour": traces} for role, (usd, traces) in roles.items()}
    return replace(evidence, facts={"plan": {"prices": {"teacher": None, **prices}}})


def test_idle_hardware_makes_every_row_dearer() -> None:
    evidence = card(priced("a", [("1.00", "0.10")] * 4))
    assert cost_ratio_at_use(evidence, "a") is None
    assert cost_ratio_at_use(with_hardware(evidence, student=("0", "10")), "a") is None
    # Eight cents of the ten are hardware: 0.02 + 0.08/u.
    own = with_hardware(evidence, student=("4", "50"))
    assert cost_ratio_at_use(own, GLOBAL) == {"0.25": 0.34, "0.5": 0.18, "1": 0.1}
    both = with_hardware(evidence, student=("4", "50"), teacher=("50", "100"))
    assert cost_ratio_at_use(both, "a") == {"0.25": 0.136, "0.5": 0.12, "1": 0.1}


def test_percentiles_have_the_limits_of_order_statistics() -> None:
    pairs = [(float(n), 2.0 * n) for n in range(1, 101)]
    found: Any = latency_limits(card(timed("a", pairs)), "a", level=0.95)
    # Ranks 40 and 61, 90 and 100, 97 and none (statistics.md §4.6).
    assert (found["n"], found["level"]) == (100, 0.95)
    assert (found["p50"]["teacher"], found["p50"]["student"]) == ([40.0, 61.0], [80.0, 122.0])
    assert (found["p95"]["teacher"], found["p99"]["student"]) == ([90.0, 100.0], [194.0, None])
    assert (found["p50"]["ratio"], found["p50"]["ratio_interval"]) == (2.0, [2.0, 2.0])


def test_the_ratio_beside_is_that_of_a_rule() -> None:
    evidence = card(timed("a", [(float(n), float(n * n % 97 + 1)) for n in range(1, 301)]))
    found: Any = latency_limits(evidence, "a", level=0.9)
    for word, share in arms.QUANTILES.items():
        asked = latency_ratio(evidence, "a", share, level=0.9)
        assert asked.value is not None
        assert asked.interval is not None
        assert found[word]["ratio"] == pytest.approx(asked.value, abs=1e-9)
        assert found[word]["ratio_interval"] == pytest.approx([asked.interval.low, asked.interval.high], abs=1e-9)
    few: Any = latency_limits(card(timed("a", [(float(n), float(n)) for n in range(1, 299)])), "a", level=0.9)
    assert (few["p99"]["ratio"], few["p99"]["ratio_interval"], few["p95"]["ratio_interval"]) == (1.0, None, [1.0, 1.0])


def test_where_times_are_nothing_or_many_the_limits_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert latency_limits(card(table("a", n=3)), "a", level=0.9) is None
    none: Any = latency_limits(card(timed("a", [(0.0, 5.0)] * 8)), "a", level=0.9)
    assert (none["p50"]["ratio"], none["p50"]["ratio_interval"], none["p50"]["student"]) == (None, None, [5.0, 5.0])
    monkeypatch.setattr(arms, "RESAMPLED", 200 * 8 - 1)
    many: Any = latency_limits(card(timed("a", [(2.0, 5.0)] * 8)), "a", level=0.9)
    assert (many["p50"]["ratio"], many["p50"]["ratio_interval"]) == (2.5, None)
