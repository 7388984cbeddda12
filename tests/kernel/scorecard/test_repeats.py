"""Asked more than once: averaged by row before anything else, and never more rows."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from apps.kernel.scorecard import GLOBAL, Arm, Cell, Row, Scorecard
from apps.kernel.scorecard.assemble import EvidenceRefused
from apps.kernel.scorecard.repeats import Repeats, mean_of
from tests.kernel.cards import arm, card


def asked(*scores: float | str | None, cost: str | None = None, ms: float | None = None) -> Arm:
    first, *others = [arm(score, cost=cost, ms=ms) for score in scores]
    return replace(first, repeats=tuple(others))


def one(teacher: Arm, student: Arm) -> Scorecard:
    return card([Row("1", "a", teacher, student)])


def cell_of(found: Scorecard, cohort: str = "a") -> Cell:
    cell = found.cell(cohort, "quality")
    assert cell is not None
    return cell


def test_runs_are_averaged_by_row_and_never_counted_as_rows() -> None:
    cell = cell_of(one(asked(1.0, 1.0, 1.0), asked(1.0, 0.0, 0.5)))
    assert (cell.n, cell.teacher, cell.student, cell.binary) == (1, 1.0, 0.5, False)


def test_scores_stay_pass_or_fail_only_if_every_mean_is() -> None:
    assert cell_of(one(asked(1.0, 1.0), asked(0.0, 0.0))).binary is True
    assert cell_of(one(asked(1.0, 1.0), asked(0.0, 1.0))).binary is False


def test_a_missing_run_leaves_the_mean_to_the_others_and_is_counted() -> None:
    cell = cell_of(one(asked(1.0, "rate_limited"), asked(0.25, 0.75)))
    assert (cell.n, cell.teacher, cell.student, cell.missing.pairs) == (1, 1.0, 0.5, 0)
    assert cell.repeats == Repeats(2, 2, 1, (((1.0,), 1),))


def test_a_row_without_any_scored_run_is_missing_for_the_reason_of_the_first() -> None:
    cell = cell_of(one(asked(1.0, 1.0), asked("rate_limited", "worker_lost")))
    assert (cell.n, cell.missing.student, dict(cell.missing.reasons)) == (0, 1, {"rate_limited": 1})


def test_a_score_that_is_no_number_is_a_missing_run() -> None:
    cell = cell_of(one(asked(1.0, math.nan), asked(1.0, 7.0)))
    assert (cell.teacher, cell.student, cell.missing.pairs) == (1.0, 1.0, 0)


def test_the_teachers_scores_are_kept_run_by_run_whatever_their_order() -> None:
    rows = [Row("1", "a", asked(1.0, 0.0), asked(1.0, 1.0)), Row("2", "a", asked(0.0, 1.0), asked(1.0, 1.0))]
    assert cell_of(card(rows)).repeats == Repeats(2, 2, 0, (((0.0, 1.0), 2),))


def test_all_cohorts_together_have_the_runs_of_all_rows() -> None:
    rows = [Row("1", "a", asked(1.0, 0.0), asked(1.0, 1.0)), Row("2", "b", asked(1.0, 1.0, 1.0), asked(1.0, 1.0))]
    found = cell_of(card(rows), GLOBAL).repeats
    assert found == Repeats(3, 2, 0, (((0.0, 1.0), 1), ((1.0, 1.0, 1.0), 1)))
    assert found.averaged == 2
    table = found.table()
    assert table.shape == (2, 3)
    assert math.isnan(table[0, 2])


def test_a_row_costs_what_one_answer_costs_and_takes_the_time_of_its_first() -> None:
    teacher = replace(asked(1.0, 1.0, cost="0.02", ms=100.0), repeats=(arm(1.0, cost="0.04", ms=900.0),))
    traffic = one(teacher, asked(1.0, 1.0, cost="0.01", ms=50.0)).traffic_of("a")
    assert (traffic.rows, traffic.cost.triples, traffic.latency.triples) == (1, ((0.03, 0.01, 1),), ((100.0, 50.0, 1),))


def test_one_run_without_a_price_leaves_the_row_unpriced() -> None:
    teacher = replace(arm(1.0, cost="0.02"), repeats=(arm(1.0),))
    assert one(teacher, asked(1.0, 1.0, cost="0.01")).traffic_of("a").unpriced == 1


def test_a_first_run_without_a_time_is_not_replaced_by_a_luckier_one() -> None:
    teacher = replace(arm("rate_limited"), repeats=(arm(1.0, ms=10.0),))
    assert one(teacher, asked(1.0, 1.0, ms=10.0)).traffic_of("a").untimed == 1


def test_a_cost_below_zero_in_any_run_is_refused() -> None:
    with pytest.raises(EvidenceRefused) as refused:
        one(replace(arm(1.0), repeats=(Arm(cost_usd=Decimal("-1")),)), arm(1.0))
    assert refused.value.code == "cost_negative"


def test_a_card_of_single_answers_says_nothing_of_repeats() -> None:
    found = one(arm(1.0), arm(1.0))
    assert "repeats" not in found.document()["cells"][0]  # type: ignore[index]
    assert cell_of(found).repeats is None


def test_it_reads_back() -> None:
    found = Repeats.of((3, 2), 1, {(0.0, 1.0): 2, (1.0,): 1})
    assert Repeats.from_document(found.document()) == found


def test_a_mean_of_nothing_is_nothing() -> None:
    assert mean_of([None, None]) is None
    assert mean_of([None, 0.1, 0.2]) == 0.15
