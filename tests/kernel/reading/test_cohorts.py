import math

import pytest

from apps.kernel.reading.cohorts import (
    COHORT_ROWS,
    HIGH_VALUE_ROWS,
    GoldenCohort,
    cohorts_of,
    names_of,
    warnings_of,
)
from apps.kernel.reading.refusal import Problems
from apps.kernel.reading.rows import SourceRow


def rows_of(*values: dict[str, object]) -> list[SourceRow]:
    return [SourceRow(number, value) for number, value in enumerate(values, start=1)]


def codes(problems: Problems) -> list[str]:
    return [problem.code for problem in problems.refuse("end", "").errors][:-1]


def judged(*values: dict[str, object]):
    problems = Problems()
    rows = rows_of(*values)
    cohorts, source = cohorts_of(rows, names_of(rows, {"cohort": 1}, problems=problems), problems=problems)
    return cohorts, source, codes(problems)


def test_without_weights_a_cohort_weighs_its_share_of_the_rows():
    cohorts, source, wrong = judged(
        {"cohort": "a"}, {"cohort": "b", "high_value": True}, {"cohort": "a"}, {"cohort": "a"}
    )
    assert cohorts == (GoldenCohort("a", 3, False, 0.75), GoldenCohort("b", 1, True, 0.25))
    assert (source, wrong) == ("row_share", [])


def test_declared_weights_are_scaled_to_one():
    cohorts, source, wrong = judged({"cohort": "a", "traffic_weight": 30}, {"cohort": "b", "traffic_weight": 10})
    assert [cohort.weight for cohort in cohorts] == [0.75, 0.25]
    assert (source, wrong) == ("declared", [])


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"cohort": "a", "traffic_weight": 2}, "weight_mixed"),
        ({"cohort": "b"}, "weight_missing"),
        ({"cohort": "b", "traffic_weight": -1}, "value_invalid"),
        ({"cohort": "b", "traffic_weight": True}, "value_invalid"),
        ({"cohort": "b", "traffic_weight": 1, "high_value": 1}, "value_invalid"),
        ({"cohort": "", "traffic_weight": 1}, "cohort_missing"),
        ({"traffic_weight": 1}, "cohort_missing"),
        ({"cohort": "   ", "traffic_weight": 1}, "cohort_name_invalid"),
        ({"cohort": "b\x07", "traffic_weight": 1}, "cohort_name_invalid"),
        ({"cohort": "b" * 101, "traffic_weight": 1}, "cohort_name_invalid"),
        ({"cohort": 3, "traffic_weight": 1}, "cohort_name_invalid"),
        ({"cohort": "*", "traffic_weight": 1}, "cohort_name_invalid"),
        ({"cohort": "A ", "traffic_weight": 1}, "cohort_ambiguous"),
    ],
)
def test_a_cohort_that_cannot_stand_is_refused(second, code):
    _, _, wrong = judged({"cohort": "a", "traffic_weight": 1}, second)
    assert code in wrong


def test_weights_of_zero_alone_are_refused():
    assert judged({"cohort": "a", "traffic_weight": 0})[2] == ["weight_invalid"]


def test_all_rows_without_a_cohort_are_one_problem():
    problems = Problems()
    names_of(rows_of({"cohort": "a"}, {}, {"cohort": None}), {"cohort": 1}, problems=problems)
    [problem, _] = problems.refuse("end", "").errors
    assert problem.detail == "Every row needs a cohort. Missing in rows 2, 3."


def test_names_that_differ_by_case_or_space_are_shown_with_both_rows():
    problems = Problems()
    rows = rows_of({"cohort": "Enterprise"}, {"cohort": "enterprise "}, {"cohort": "enterprise "})
    names_of(rows, {"cohort": 1}, problems=problems)
    [problem, _] = problems.refuse("end", "").errors
    assert problem.where["rows"] == [1, 2]
    assert problem.detail == "The cohorts 'Enterprise' (row 1) and 'enterprise ' (row 2) differ only by case or space."


def test_a_cohort_flagged_both_ways_is_held_to_the_stricter_margin_and_said_so():
    cohorts, _, wrong = judged(
        {"cohort": "a", "high_value": False}, {"cohort": "a", "high_value": True}, {"cohort": "a"}
    )
    assert wrong == []
    assert cohorts == (GoldenCohort("a", 3, True, 1.0, contradicting=1),)
    assert [warning.code for warning in warnings_of(cohorts)] == ["high_value_mixed", "underpowered"]


def test_the_rows_asked_for_are_the_fewest_that_can_prove_the_release_margins():
    assert math.ceil(math.log(0.05) / math.log(1 - 0.01)) == HIGH_VALUE_ROWS
    assert math.ceil(math.log(0.05) / math.log(1 - 0.03)) == COHORT_ROWS


def test_enough_rows_and_a_high_value_cohort_leave_nothing_to_warn_of():
    assert warnings_of([GoldenCohort("a", 99, False, 0.2), GoldenCohort("b", 299, True, 0.8)]) == ()


def test_a_set_without_a_high_value_cohort_is_warned_of():
    assert [warning.code for warning in warnings_of([GoldenCohort("a", 98, False, 1.0)])] == [
        "high_value_absent",
        "cohort_small",
    ]
