import pytest

from apps.kernel.reading.columns import first_rows, nearest, refuse_blank, refuse_unknown, require
from apps.kernel.reading.refusal import Problems
from apps.kernel.reading.rows import SourceRow


def first(problems: Problems):
    return problems.refuse("end", "").errors[0]


def test_a_column_is_found_where_it_first_occurs():
    assert first_rows([SourceRow(2, {"a": 1}), SourceRow(5, {"a": 1, "b": 2})]) == {"a": 2, "b": 5}


@pytest.mark.parametrize(("given", "meant"), [("cohrt", "cohort"), ("High_Value", "high_value"), ("zzz", None)])
def test_the_nearest_name_is_offered_where_there_is_one(given, meant):
    assert nearest(given, ("id", "cohort", "high_value")) == meant


def test_an_unknown_column_is_refused_with_what_was_probably_meant():
    problems = Problems()
    refuse_unknown({"id": 1, "refrence": 3}, problems=problems)
    assert problems.total == 1
    assert first(problems).detail == "Column 'refrence' (first in row 3) is not known; did you mean 'reference'?"


def test_a_missing_column_is_refused_with_what_was_found_instead():
    problems = Problems()
    assert require("cohort", {"cohort": 1}, problems=problems)
    assert not require("cohort", {"cohrt": 1}, problems=problems)
    problem = first(problems)
    assert problem.code == "column_missing"
    assert "Found 'cohrt'; did you mean 'cohort'?" in problem.detail


def test_blank_cells_are_one_problem_with_all_their_rows():
    problems = Problems()
    refuse_blank("cohort_missing", "Every row needs a cohort.", "cohort", [3, 8], problems=problems)
    refuse_blank("cohort_missing", "Every row needs a cohort.", "cohort", [], problems=problems)
    assert problems.total == 1
    problem = first(problems)
    assert problem.detail == "Every row needs a cohort. Missing in rows 3, 8."
    assert problem.where == {"row": 3, "rows": [3, 8], "column": "cohort", "count": 2}
