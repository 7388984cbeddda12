import pytest

from apps.kernel.reading.keys import keys_of
from apps.kernel.reading.refusal import Problems
from apps.kernel.reading.rows import SourceRow


def test_texts_and_whole_numbers_are_ids():
    problems = Problems()
    rows = [SourceRow(1, {"id": "a b"}), SourceRow(2, {"id": 7})]
    assert keys_of(rows, problems=problems) == ["a b", "7"]
    assert problems.total == 0


def test_the_same_id_twice_is_refused_with_both_rows():
    problems = Problems()
    keys_of([SourceRow(4, {"id": "a"}), SourceRow(71, {"id": "a"})], problems=problems)
    [problem, _] = problems.refuse("end", "").errors
    assert problem.code == "duplicate_id"
    assert problem.detail == "Rows 4 and 71 have the same id 'a'."
    assert problem.where["rows"] == [4, 71]


def test_a_number_and_its_digits_are_the_same_id():
    problems = Problems()
    keys_of([SourceRow(1, {"id": 7}), SourceRow(2, {"id": "7"})], problems=problems)
    assert problems.total == 1


@pytest.mark.parametrize("given", ["a\nb", "x" * 201, 1.5, True, ["a"], {"a": 1}])
def test_an_id_that_could_not_be_shown_on_one_line_is_refused(given):
    problems = Problems()
    assert keys_of([SourceRow(3, {"id": given})], problems=problems) == [""]
    assert problems.refuse("end", "").errors[0].code == "id_invalid"


@pytest.mark.parametrize("values", [{}, {"id": None}, {"id": ""}, {"id": "  "}])
def test_a_row_without_an_id_is_refused(values):
    problems = Problems()
    assert keys_of([SourceRow(3, values)], problems=problems) == [""]
    assert problems.refuse("end", "").errors[0].code == "id_missing"
