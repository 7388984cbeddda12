from collections import Counter
from pathlib import Path

import pytest

from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.refusal import FileRefused
from apps.kernel.reading.rows import SourceRow, read_rows

DATA = Path(__file__).parents[4] / "shared" / "data"


def rows_of(*values: dict[str, object]) -> list[SourceRow]:
    return [SourceRow(number, value) for number, value in enumerate(values, start=1)]


def codes(*values: dict[str, object], **options: object) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        parse_golden(rows_of(*values), **options)
    return [problem.code for problem in refused.value.errors]


def test_a_row_becomes_an_example():
    row = {
        "id": "a", "cohort": " billing ", "high_value": True, "input": "hi", "context": None, "reference": {"x": 1},
        "schema": {"type": "object"}, "tools": [], "meta": {"from": "tickets"},
    }  # fmt: skip
    [one] = parse_golden(rows_of(row)).examples
    assert (one.key, one.cohort, one.high_value, one.input, one.context) == ("a", "billing", True, "hi", None)
    assert (one.reference, one.schema, one.tools) == ({"x": 1}, {"type": "object"}, [])
    assert one.extra == {"meta": {"from": "tickets"}}


def test_an_id_and_a_cohort_are_enough_to_compare_recorded_outputs():
    assert parse_golden(rows_of({"id": "a", "cohort": "x"})).examples[0].input is None


def test_a_run_against_a_model_needs_something_to_ask():
    assert codes({"id": "a", "cohort": "x"}, needs_ask=True) == ["column_missing"]
    both = ({"id": "a", "cohort": "x", "input": "q"}, {"id": "b", "cohort": "x", "input": ""})
    assert codes(*both, needs_ask=True) == ["input_missing"]
    asked = {"id": "a", "cohort": "x", "messages": [{"role": "user", "content": "q"}]}
    assert len(parse_golden(rows_of(asked), needs_ask=True).examples) == 1


def test_an_unknown_column_is_refused_unless_extras_are_allowed():
    row = {"id": "a", "cohort": "x", "ticket": 7}
    assert codes(row) == ["column_unknown"]
    assert parse_golden(rows_of(row), allow_extra=True).examples[0].extra == {"ticket": 7}


def test_a_file_without_cohorts_is_refused_with_the_nearest_name():
    with pytest.raises(FileRefused) as refused:
        parse_golden(rows_of({"id": "a", "cohrt": "x"}), allow_extra=True)
    assert refused.value.code == "column_missing"
    assert "Found 'cohrt'; did you mean 'cohort'?" in refused.value.detail


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("input", 7),
        ("context", ["a"]),
        ("prompt", {}),
        ("messages", []),
        ("messages", [{"role": "user"}]),
        ("messages", [{"role": 1, "content": "x"}]),
        ("messages", "hi"),
        ("schema", "object"),
        ("tools", {}),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(column, value):
    assert codes({"id": "a", "cohort": "x", column: value}) == ["value_invalid"]


def test_problems_of_all_kinds_are_reported_together():
    assert codes({"id": "a", "cohort": "x"}, {"id": "a", "cohort": "X", "odd": 1, "input": 3}) == [
        "column_unknown",
        "duplicate_id",
        "cohort_ambiguous",
        "value_invalid",
    ]


def test_without_ids_rows_are_keyed_by_place_and_duplicates_taken_once():
    row = {"cohort": "x", "input": "q"}
    golden = parse_golden(rows_of(row, row, {**row, "input": "r"}))
    assert [example.key for example in golden.examples] == ["row-1", "row-2"]
    assert [warning.code for warning in golden.warnings][:2] == ["duplicates_skipped", "ids_generated"]


def test_columns_may_have_other_names_in_the_file():
    rows = rows_of({"key": "a", "segment": "x", "expected": "y"})
    names = {"id": "key", "cohort": "segment", "reference": "expected"}
    [one] = parse_golden(rows, columns=names).examples
    assert (one.key, one.cohort, one.reference) == ("a", "x", "y")


def test_a_chosen_column_must_exist_and_stand_alone():
    assert codes({"id": "a", "cohort": "x"}, columns={"reference": "expected"}) == ["column_missing"]
    both = {"id": "a", "cohort": "x", "reference": "y", "expected": "z"}
    assert codes(both, columns={"reference": "expected"}) == ["duplicate_column"]


def test_the_same_input_with_another_reference_is_warned_of():
    golden = parse_golden(
        rows_of(
            {"id": "a", "cohort": "x", "input": "q  r", "reference": "1"},
            {"id": "b", "cohort": "x", "input": "q r", "reference": "2"},
        )
    )
    assert golden.warnings[0].code == "conflicting_rows"
    assert golden.warnings[0].where["rows"] == [1, 2]


def test_a_row_keeps_its_own_flag_and_takes_its_cohorts_where_it_has_none():
    golden = parse_golden(
        rows_of(
            {"id": "a", "cohort": "x", "high_value": True},
            {"id": "b", "cohort": "x", "high_value": False},
            {"id": "c", "cohort": "x"},
        )
    )
    assert [example.high_value for example in golden.examples] == [True, False, True]


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.is_dir(), reason="the recorded outputs are not beside the repository")
@pytest.mark.parametrize(
    ("folder", "rows", "cohorts", "high_value"),
    [
        ("ragtruth_qa", 300, 5, 16),
        ("tau_retail_100", 100, 6, None),
        ("bfcl_ops_380", 380, 7, None),
        ("mmlu_pro_420", 420, 14, 60),
    ],
)
def test_golden_files_of_real_benchmarks_are_read_whole(folder, rows, cohorts, high_value):
    with (DATA / folder / "golden.jsonl.gz").open("rb") as file:
        golden = parse_golden(read_rows("golden.jsonl.gz", file))
    assert len(golden.examples) == rows
    assert len(golden.cohorts) == cohorts
    assert Counter(example.cohort for example in golden.examples) == {c.name: c.rows for c in golden.cohorts}
    if high_value is not None:
        assert sum(example.high_value for example in golden.examples) == high_value
