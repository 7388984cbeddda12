"""Files of labels: every way to say one, and each problem with its row."""

from __future__ import annotations

import json

import pytest

from apps.kernel.reading.labels import NewLabel, parse_labels
from apps.kernel.reading.refusal import FileRefused
from apps.kernel.reading.rows import read_rows

ROW = {"id": "r1", "role": "teacher", "evaluator": "Groundedness", "label": 1}


def read(*rows: dict[str, object]) -> tuple[NewLabel, ...]:
    return parse_labels(read_rows("labels.jsonl", [json.dumps(row).encode() + b"\n" for row in rows]))


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (1, 1.0), (0, 0.0), (0.25, 0.25), (True, 1.0), (False, 0.0), ("pass", 1.0), (" Fail ", 0.0), ("0.5", 0.5),
        ("1", 1.0), (1.0000001, 1.0), ("yes", 1.0), ("no", 0.0),
    ],
)  # fmt: skip
def test_a_label_may_be_said_in_many_ways(said: object, value: float) -> None:
    [label] = read({**ROW, "label": said})
    assert (label.value, label.key, label.role, label.row, label.labeller, label.repeat) == (
        value, "r1", "teacher", 1, "", 0,
    )  # fmt: skip


def test_csv_reads_as_jsonl_does() -> None:
    content = b'id,role,evaluator,label,labeller,note,repeat\n7,student,G,pass,ben,"two\nlines",2\n7,student,G,0,cy,,\n'
    labels = parse_labels(read_rows("labels.csv", [content]))
    assert [(one.key, one.value, one.labeller, one.note, one.repeat) for one in labels] == [
        ("7", 1.0, "ben", "two\nlines", 2),
        ("7", 0.0, "cy", "", 0),
    ]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        ({"label": 7}, "value_invalid", "Row 1: label is '7', not a number from 0 to 1, pass or fail."),
        ({"label": "five"}, "value_invalid", "Row 1: label is 'five', not a number"),
        ({"label": None}, "value_invalid", "Row 1: label is 'None'"),
        ({"label": "nan"}, "value_invalid", "Row 1: label is 'nan'"),
        ({"label": "1_0"}, "value_invalid", "Row 1: label is '1_0'"),
        ({"role": "judge"}, "value_invalid", "Row 1: role is 'judge', not teacher or student."),
        ({"id": ""}, "value_invalid", "Row 1: id is ''"),
        ({"evaluator": "a\tb"}, "value_invalid", "Row 1: evaluator is"),
        ({"labeller": "x" * 201}, "value_invalid", "Row 1: labeller is"),
        ({"note": ["x"]}, "value_invalid", "Row 1: note is"),
        ({"repeat": -1}, "value_invalid", "Row 1: repeat is '-1', not a whole number from 0 to 999."),
        ({"repeat": True}, "value_invalid", "Row 1: repeat is"),
    ],
)
def test_a_bad_cell_is_named_with_its_row(change: dict[str, object], code: str, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read({**ROW, **change})
    assert refused.value.code == code
    assert refused.value.errors[0].detail.startswith(said)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(FileRefused) as refused:
        read({**ROW, "label": 9}, {**ROW, "role": "x"}, ROW)
    assert [problem.where["row"] for problem in refused.value.errors] == [1, 2]


def test_the_same_answer_twice_for_one_labeller_is_refused() -> None:
    with pytest.raises(FileRefused) as refused:
        read(ROW, {**ROW, "labeller": "ben"}, {**ROW, "label": 0})
    assert refused.value.code == "label_twice"
    assert refused.value.where["rows"] == [1, 3]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(FileRefused) as refused:
        read({"id": "r1", "rolle": "teacher"})
    assert {problem.where["column"] for problem in refused.value.errors} == {"role", "evaluator", "label"}
