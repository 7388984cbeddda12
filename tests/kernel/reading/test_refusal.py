from apps.kernel.reading.refusal import FileRefused, Problems, escaped, listed, quoted


def test_the_first_twenty_problems_are_kept_and_all_are_counted():
    problems = Problems()
    for row in range(1, 26):
        problems.add("ragged_row", f"Row {row} is ragged.", {"row": row})
    refused = problems.refuse("too_many_rows", "Too many.")
    assert refused.total == 26
    assert [problem.where["row"] for problem in refused.errors] == list(range(1, 21))
    assert refused.code == "ragged_row"
    assert refused.where == {"row": 1}
    assert refused.detail == "Row 1 is ragged. (25 more problems in this file.)"


def test_a_single_problem_is_told_without_a_count():
    refused = Problems().refuse("file_empty", "The file has no bytes.")
    assert isinstance(refused, FileRefused)
    assert (refused.code, refused.detail, refused.total) == ("file_empty", "The file has no bytes.", 1)


def test_nothing_is_raised_without_a_problem():
    problems = Problems()
    problems.raise_any()
    assert problems.total == 0


def test_input_is_quoted_at_most_80_characters_long_and_printable():
    assert quoted("a\x1b[31m") == "'a\\x1b[31m'"
    assert quoted("x" * 81) == f"'{'x' * 80}…'"
    assert quoted("x" * 80) == f"'{'x' * 80}'"
    assert escaped("\ud800") == "\\ud800"
    assert len(escaped("\0" * 80)) == 80


def test_rows_are_listed_up_to_twenty():
    assert listed([4]) == "row 4"
    assert listed([4, 9]) == "rows 4, 9"
    assert listed(list(range(1, 24))).endswith("19, 20 and 3 more")
