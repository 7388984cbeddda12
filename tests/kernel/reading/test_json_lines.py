import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kernel.reading import json_lines
from apps.kernel.reading.limits import DEFAULT, MIB
from apps.kernel.reading.refusal import FileRefused, Problems


def read(content: bytes, **limits: int):
    problems = Problems()
    rows = json_lines.read(content, problems=problems, limits=replace(DEFAULT, **limits))
    problems.raise_any()
    return rows


def refusal(content: bytes, **limits: int) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read(content, **limits)
    return refused.value


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(rows=st.lists(st.dictionaries(TEXT, VALUE, max_size=5), max_size=5), ascii_only=st.booleans())
def test_sound_objects_come_back_equal_with_their_line_numbers(rows, ascii_only):
    content = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows).encode()
    assert read(content) == list(enumerate(rows, start=1))


def test_blank_lines_are_skipped_but_counted():
    assert read(b'{"a":1}\n\n  \n{"a":2}') == [(1, {"a": 1}), (4, {"a": 2})]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'"text"', "row_not_object"),
        (b"null", "row_not_object"),
        (b"7", "row_not_object"),
        (b'{"a":1,}', "json_syntax"),
        (b'{"a":1} // why', "json_syntax"),
        (b"{'a':1}", "json_syntax"),
        (b'{"a":1}{"a":2}', "json_syntax"),
        (b'{"a":"tab\there"}', "json_syntax"),
        (b'{"a":1,"a":1}', "duplicate_key"),
        (b'{"a":{"b":[{"c":1,"c":2}]}}', "duplicate_key"),
        (b'{"a":NaN}', "not_finite"),
        (b'{"a":[-Infinity]}', "not_finite"),
        (b'{"a":1e999}', "not_finite"),
        (b'{"a":9007199254740993}', "number_too_large"),
        (b'{"a":-9007199254740993}', "number_too_large"),
        (b'{"a":' + b"9" * 5000 + b"}", "number_too_large"),
        (b'{"a":"\\ud800"}', "bad_unicode"),
        (b'{"a":["\\udfff\\ud83d"]}', "bad_unicode"),
        (b'{"\\ud800":1}', "bad_unicode"),
        (b'{"a":"\\u0000"}', "nul_character"),
        (b'{"a":"\0"}', "nul_character"),
        (b'{"a":"caf\xe9"}', "not_utf8"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "json_too_deep"),
    ],
)
def test_a_bad_line_is_refused_by_code_and_row(line, code):
    refused = refusal(b'{"a":1}\n' + line + b"\n")
    assert (refused.code, refused.where["row"], refused.total) == (code, 2, 1)


def test_a_duplicate_key_is_named():
    refused = refusal(b'{"cohort":"a","cohort":"b"}')
    assert refused.detail == "Row 1 has the key 'cohort' twice."
    assert refused.where == {"row": 1, "column": "cohort"}


def test_what_lies_just_inside_the_limits_is_read():
    deep = b'{"a":' + b"[" * 63 + b"]" * 63 + b"}"
    assert len(read(deep + b'\n{"a":9007199254740992}\n{"a":"\\ud83d\\ude00"}')) == 3


def test_brackets_inside_text_are_no_depth():
    assert read(b'{"a":"' + b"[" * 100 + b'\\""}') == [(1, {"a": "[" * 100 + '"'})]


def test_every_bad_line_is_named_not_only_the_first():
    refused = refusal(b'{"a":NaN}\n{"a":1}\n[1]\n{"a":}\n')
    assert [(problem.code, problem.where["row"]) for problem in refused.errors] == [
        ("not_finite", 1),
        ("row_not_object", 3),
        ("json_syntax", 4),
    ]


def test_a_line_of_ten_megabytes_is_refused_by_its_row_and_reading_goes_on():
    refused = refusal(b'{"a":1}\n{"a":"' + b"x" * 10_000_000 + b'"}\n{"a":NaN}\n')
    assert [(problem.code, problem.where["row"]) for problem in refused.errors] == [
        ("line_too_long", 2),
        ("not_finite", 3),
    ]


def test_a_text_above_one_mebibyte_is_refused_by_its_column():
    assert len(read(b'{"a":"' + b"x" * MIB + b'"}')) == 1
    refused = refusal(b'{"a":"' + b"x" * (MIB + 1) + b'"}')
    assert (refused.code, refused.where) == ("cell_too_long", {"row": 1, "column": "a", "bytes": MIB + 1})


def test_one_list_over_the_whole_file_is_refused_once_with_the_way_out():
    refused = refusal(b'\xef\xbb\xbf[\n{"a":1},\n{"a":2}\n]')
    assert (refused.code, refused.total) == ("row_not_object", 1)
    assert "one JSON object a line" in refused.detail


def test_hostile_nesting_and_escapes_end_in_a_refusal_not_in_a_crash():
    assert refusal(b'{"a":' + b"[" * 1_000_000).code == "json_too_deep"
    assert refusal(b'{"a":"' + b"\\" * 999_999).code == "json_syntax"


def test_a_cell_that_is_no_json_gives_its_code():
    assert json_lines.cell("[1, 2]", depth=2) == ([1, 2], None, "")
    assert json_lines.cell("[1", depth=2)[1] == "json_syntax"
    assert json_lines.cell("[[[1]]]", depth=2)[1] == "json_too_deep"
