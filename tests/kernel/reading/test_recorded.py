from pathlib import Path

import pytest

from apps.kernel.reading.recorded import RecordedOutput, parse_outputs
from apps.kernel.reading.refusal import FileRefused
from apps.kernel.reading.rows import SourceRow, read_rows

DATA = Path(__file__).parents[4] / "shared" / "data"


def rows_of(*values: dict[str, object]) -> list[SourceRow]:
    return [SourceRow(number, value) for number, value in enumerate(values, start=1)]


def codes(*values: dict[str, object]) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        parse_outputs(rows_of(*values))
    return [problem.code for problem in refused.value.errors]


def test_a_row_becomes_an_output_and_the_rest_stays_beside_it():
    row = {
        "id": "a", "model": "m", "output": "yes", "input_tokens": 3, "output_tokens": 4.0, "latency_ms": 12,
        "human": {"groundedness": 1}, "parsed": "D",
    }  # fmt: skip
    assert parse_outputs(rows_of(row)).outputs == (
        RecordedOutput("a", "m", "yes", 3, 4, 12.0, {"human": {"groundedness": 1}, "parsed": "D"}),
    )


def test_only_the_id_is_needed_and_what_was_not_recorded_is_none():
    assert parse_outputs(rows_of({"id": "a"})).outputs == (RecordedOutput("a", None, None, None, None, None, {}),)


def test_model_names_are_listed_once():
    rows = rows_of({"id": "a", "model": "m"}, {"id": "b", "model": "k"}, {"id": "c", "model": "m"}, {"id": "d"})
    assert parse_outputs(rows).models == ("k", "m")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("output", {"text": "yes"}),
        ("output", 7),
        ("model", 7),
        ("input_tokens", -1),
        ("input_tokens", 1.5),
        ("input_tokens", 2**31),
        ("output_tokens", True),
        ("output_tokens", 1e300),
        ("latency_ms", -0.1),
        ("latency_ms", "12"),
        ("latency_ms", float("inf")),
        ("latency_ms", float("nan")),
        ("input_tokens", float("nan")),
    ],
)
def test_a_value_that_cannot_be_true_is_refused(column, value):
    assert codes({"id": "a", column: value}) == ["value_invalid"]


def test_ids_must_be_there_once():
    assert codes({"id": "a"}, {"id": "a"}) == ["duplicate_id"]
    assert codes({"id": "a"}, {"output": "x"}) == ["id_missing"]
    assert codes({"idx": "a"}) == ["column_missing"]


def test_a_csv_carries_scores_in_dotted_columns():
    rows = read_rows("a.csv", [b"id,output,human.groundedness,latency_ms\na,yes,1,12.5\n"])
    [output] = parse_outputs(rows).outputs
    assert (output.fields, output.latency_ms) == ({"human": {"groundedness": 1}}, 12.5)


@pytest.mark.realdata
@pytest.mark.skipif(not DATA.is_dir(), reason="the recorded outputs are not beside the repository")
@pytest.mark.parametrize(
    ("folder", "files", "rows"),
    [("ragtruth_qa", 4, 300), ("tau_retail_100", 2, 100), ("bfcl_ops_380", 2, 380), ("mmlu_pro_420", 2, 420)],
)
def test_outputs_of_real_models_are_read_whole(folder, files, rows):
    paths = sorted((DATA / folder).glob("outputs.*.jsonl.gz"))
    assert len(paths) == files
    for path in paths:
        recorded = parse_outputs(read_rows(path.name, [path.read_bytes()]))
        assert len(recorded.outputs) == rows
        assert recorded.models == (path.name.removeprefix("outputs.").removesuffix(".jsonl.gz"),)
