from __future__ import annotations

import math
from decimal import Decimal

import pytest

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard import NO_OUTPUT, Arm, Cohort, Evaluator, Row, Scorecard, Unpaired, assemble
from apps.kernel.scorecard.assemble import EvidenceRefused
from tests.kernel.cards import arm, card, table


def one(teacher: Arm, student: Arm) -> Scorecard:
    return card([Row("1", "a", teacher, student)])


def put(rows: list[Row], **changed: object) -> Scorecard:
    given: dict[str, object] = {
        "cohorts": [Cohort("a", weight=1.0)],
        "evaluators": [Evaluator("quality")],
        "weights_source": "row_share",
        "unpaired": Unpaired(),
        "facts": {},
    }
    return assemble(rows, **{**given, **changed})  # type: ignore[arg-type]


def test_row_shares_are_the_weights_whatever_was_given() -> None:
    found = put([*table("a", n=1), *table("b", n=3)], cohorts=[Cohort("b", True, weight=0.9), Cohort("a", weight=0.9)])
    assert found.cohorts == (Cohort("a", False, 0.25), Cohort("b", True, 0.75))


def test_declared_weights_are_kept() -> None:
    found = put(
        table("a", n=3),
        cohorts=[Cohort("a", weight=0.3), Cohort("b", weight=0.7)],
        weights_source="declared",
    )
    assert [cohort.weight for cohort in found.cohorts] == [0.3, 0.7]


@pytest.mark.parametrize("weights", [(0.3, 0.69), (0.6, 0.6), (-0.1, 1.1), (math.nan, 1.0), (math.inf, 0.0)])
def test_weights_that_do_not_sum_to_one_are_refused(weights: tuple[float, float]) -> None:
    cohorts = [Cohort("a", weight=weights[0]), Cohort("b", weight=weights[1])]
    with pytest.raises(EvidenceRefused) as refused:
        put(table("a", n=1), cohorts=cohorts, weights_source="declared")
    assert refused.value.code == "weights_sum"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_missing(bad: float) -> None:
    cell = one(arm(1.0), arm(bad)).cell("a", "quality")
    assert cell is not None
    assert (cell.n, dict(cell.missing.reasons)) == (0, {"not_finite": 1})


@pytest.mark.parametrize(("given", "kept"), [(1.0000005, 1.0), (-0.0000005, 0.0), (0.25, 0.25), (True, 1.0)])
def test_a_rounding_accident_is_clipped(given: float, kept: float) -> None:
    cell = one(arm(1.0), arm(given)).cell("a", "quality")
    assert cell is not None
    assert cell.student == kept


@pytest.mark.parametrize("bad", [1.1, -0.01, 100.0])
def test_a_score_outside_the_scale_is_missing(bad: float) -> None:
    cell = one(arm(bad), arm(1.0)).cell("a", "quality")
    assert cell is not None
    assert (cell.n, cell.missing.teacher, dict(cell.missing.reasons)) == (0, 1, {"out_of_range": 1})


def test_an_evaluator_absent_from_both_arms_does_not_apply() -> None:
    found = card([*table("a", n=2), Row("x", "a", arm(None), arm(None))])
    cell = found.cell("a", "quality")
    assert cell is not None
    assert (cell.n, cell.rows, found.rows) == (2, 2, 3)


def test_an_evaluator_that_applies_to_no_row_of_a_cohort_has_no_cell() -> None:
    found = card([*table("a", n=2), Row("x", "b", arm(None), arm(None))])
    assert found.cell("b", "quality") is None


def test_an_evaluator_absent_from_one_arm_is_missing_there_with_the_fault_of_the_arm() -> None:
    cell = one(arm(1.0), Arm(fault="worker_lost")).cell("a", "quality")
    assert cell is not None
    assert (cell.missing.student, dict(cell.missing.reasons)) == (1, {"worker_lost": 1})


def test_one_sided_examples_that_are_rows_are_not_counted_again() -> None:
    rows = [*table("a", n=5), Row("x", "a", arm(1.0), Arm(fault=NO_OUTPUT))]
    assert put(rows, unpaired=Unpaired(teacher_only=3, student_only=1)).unseen == 3


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"cohorts": [Cohort("b")]}, "cohort_unknown"),
        ({"cohorts": [Cohort("a"), Cohort("*")]}, "cohort_reserved"),
        ({"cohorts": [Cohort("a"), Cohort("a")]}, "duplicate_name"),
        ({"evaluators": [Evaluator("other")]}, "evaluator_unknown"),
        ({"evaluators": [Evaluator("quality"), Evaluator("quality")]}, "duplicate_name"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changed: dict[str, object], code: str) -> None:
    with pytest.raises(EvidenceRefused) as refused:
        put(table("a", n=2), **changed)
    assert refused.value.code == code


def test_a_repeated_row_key_is_refused() -> None:
    with pytest.raises(EvidenceRefused) as refused:
        put([*table("a", n=2), *table("a", n=1)])
    assert refused.value.code == "duplicate_name"
    assert "a-quality-0" in refused.value.detail


@pytest.mark.parametrize(
    ("arms", "code"),
    [
        (Arm({"quality": Outcome(1.0)}, cost_usd=Decimal("-0.01")), "cost_negative"),
        (Arm({"quality": Outcome(1.0)}, latency_ms=-1.0), "latency_negative"),
    ],
)
def test_negative_costs_and_times_are_refused(arms: Arm, code: str) -> None:
    with pytest.raises(EvidenceRefused) as refused:
        one(arm(1.0), arms)
    assert refused.value.code == code


def test_no_rows_give_a_card_without_cells() -> None:
    found = put([])
    assert (found.cells, found.rows, found.cell("*", "quality")) == ((), 0, None)
