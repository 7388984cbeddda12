from __future__ import annotations

import pytest

from apps.kernel.scorecard import GLOBAL, Cell, Missing
from tests.kernel.cards import card, scored, table


def cell_of(rows: list, **more: object) -> Cell:
    found = card(rows, **more).cell(rows[0].cohort, "quality")  # type: ignore[arg-type]
    assert found is not None
    return found


def test_losses_wins_and_delta_of_a_binary_cell() -> None:
    cell = cell_of(table("a", losses=31, wins=6, n=412))
    assert (cell.n, cell.losses, cell.wins, cell.binary) == (412, 31, 6, True)
    assert cell.delta == pytest.approx(-25 / 412, abs=1e-15)


def test_one_graded_score_makes_the_cell_graded() -> None:
    assert cell_of(scored("a", [(1.0, 0.0), (1.0, 0.5)])).binary is False


def test_a_pair_with_a_missing_arm_leaves_n() -> None:
    cell = cell_of(table("a", n=10, missing=2))
    assert (cell.n, cell.rows) == (10, 12)
    assert cell.missing == Missing(teacher=0, student=2, pairs=2, reasons={"upstream_deadline": 2})


def test_a_cell_without_complete_pairs_has_no_figures() -> None:
    cell = cell_of(table("a", n=0, missing=3))
    assert (cell.n, cell.teacher, cell.student, cell.delta) == (0, None, None, None)


def test_row_shares_pool_all_rows_of_the_global_cell() -> None:
    pooled = card([*table("a", losses=1, n=3), *table("b", wins=1, n=1)]).cell(GLOBAL, "quality")
    assert pooled is not None
    assert (pooled.pooled, pooled.n, pooled.losses, pooled.wins, pooled.delta) == (True, 4, 1, 1, 0.0)


def test_declared_weights_give_traffic_weighted_figures() -> None:
    # Half of the rows come from a cohort with a twentieth of the traffic, and lose 6 points there.
    rows = [*table("common", n=50), *table("rare", losses=3, n=50)]
    weighted = card(rows, weights={"common": 0.95, "rare": 0.05}).cell(GLOBAL, "quality")
    assert weighted is not None
    assert weighted.pooled is False
    assert weighted.delta == pytest.approx(-0.003, abs=1e-15)


def test_a_cohort_with_traffic_and_no_rows_cannot_be_weighed() -> None:
    weighted = card(table("a", n=5), weights={"a": 0.6, "b": 0.4}).cell(GLOBAL, "quality")
    assert weighted is not None
    assert (weighted.unweighable, weighted.delta) == (("b",), None)


def test_a_cohort_the_evaluator_does_not_apply_to_leaves_the_weighting() -> None:
    rows = [*table("a", losses=1, n=4), *table("b", n=5, evaluator="other")]
    weighted = card(rows, weights={"a": 0.2, "b": 0.8}, evaluators=("quality", "other")).cell(GLOBAL, "quality")
    assert weighted is not None
    assert (weighted.unweighable, weighted.delta) == ((), -0.25)


def test_only_cohorts_without_traffic_cannot_be_weighed() -> None:
    rows = [*table("a", n=4), *table("b", n=5, evaluator="other")]
    weighted = card(rows, weights={"a": 0.0, "b": 1.0}, evaluators=("quality", "other")).cell(GLOBAL, "quality")
    assert weighted is not None
    assert (weighted.unweighable, weighted.delta, weighted.rows) == (("a",), None, 0)


def test_a_cohort_without_traffic_counts_in_no_global_figure() -> None:
    rows = [*table("a", losses=1, n=4), *scored("b", [(0.5, 0.1)] * 6), *table("b", n=0, missing=3)]
    weighted = card(rows, weights={"a": 1.0, "b": 0.0}).cell(GLOBAL, "quality")
    assert weighted is not None
    assert (weighted.n, weighted.rows, weighted.binary, weighted.delta) == (4, 4, True, -0.25)


def test_merged_missing_counts_add_up() -> None:
    parts = [Missing(1, 2, 3, {"a": 3}), Missing(1, 0, 1, {"a": 1, "b": 1})]
    assert Missing.merged(parts) == Missing(2, 2, 4, {"a": 4, "b": 1})
