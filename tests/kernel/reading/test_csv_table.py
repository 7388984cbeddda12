import csv
import io
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apps.kernel.reading import csv_table
from apps.kernel.reading.limits import DEFAULT, MIB
from apps.kernel.reading.refusal import FileRefused, Problems


def read(content: bytes, **limits: int):
    problems = Problems()
    rows = csv_table.read(content, problems=problems, limits=replace(DEFAULT, **limits))
    problems.raise_any()
    return rows


def refusal(content: bytes, **limits: int) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read(content, **limits)
    return refused.value


def test_the_header_is_row_1_and_an_empty_cell_is_none():
    assert read(b"id,input\na,hello\nb,\n") == [
        (2, {"id": "a", "input": "hello"}),
        (3, {"id": "b", "input": None}),
    ]


CELL = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@given(cells=st.lists(CELL, min_size=1, max_size=20))
def test_what_a_spreadsheet_writes_comes_back_line_ends_and_quotes_included(cells):
    assume(all(cell.strip() for cell in cells))
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(
        [["id", "input"], *([str(n), cell] for n, cell in enumerate(cells))]
    )
    assert [row["input"] for _, row in read(written.getvalue().encode())] == cells


def test_a_cell_over_several_lines_counts_as_one_row():
    assert [number for number, _ in read(b'id,input\na,"one\ntwo\nthree"\nb,x\n')] == [2, 3]


def test_a_byte_order_mark_never_becomes_part_of_a_name():
    assert list(read(b"\xef\xbb\xbfid,input\na,b\n")[0][1]) == ["id", "input"]


def test_old_mac_line_ends_are_read():
    assert [row["id"] for _, row in read(b"id,input\ra,x\rb,y")] == ["a", "b"]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_another_delimiter_is_found_where_only_one_splits_the_header(mark):
    assert read(f"id{mark}input\na{mark}x, y\n".encode()) == [(2, {"id": "a", "input": "x, y"})]


def test_where_two_delimiters_split_the_header_the_even_one_is_taken():
    assert read(b"id,input;x\na,b\nc,d\n") == [
        (2, {"id": "a", "input;x": "b"}),
        (3, {"id": "c", "input;x": "d"}),
    ]


def test_a_header_that_two_delimiters_split_alike_is_refused():
    assert refusal(b"id,input;x\na,b;c\n").code == "delimiter_unclear"


@pytest.mark.parametrize(
    ("content", "row", "detail"),
    [
        (b"id,input\na,b\na,b,c\n", 3, "Row 3 has 3 cells, header has 2."),
        (b"id,input\na\n", 2, "Row 2 has 1 cell, header has 2."),
    ],
)
def test_a_row_wider_or_narrower_than_the_header_is_refused(content, row, detail):
    refused = refusal(content)
    assert (refused.code, refused.where, refused.detail) == ("ragged_row", {"row": row}, detail)


def test_all_ragged_rows_are_named():
    assert [problem.where["row"] for problem in refusal(b"a,b\n1\n1,2\n1,2,3\n").errors] == [2, 4]


def test_a_column_named_twice_is_refused_with_both_places():
    refused = refusal(b"prompt,id,x,prompt\n1,2,3,4\n")
    assert refused.code == "duplicate_column"
    assert refused.detail == "'prompt' appears twice (columns 1 and 4)."


def test_a_column_without_a_name_is_refused():
    assert refusal(b"id,,input\n1,2,3\n").where == {"row": 1, "column": 2}


def test_a_quote_that_never_closes_is_named_by_the_row_that_opened_it():
    refused = refusal(b'id,input\n1,x\n2,"open\n' + b"filler\n" * 700_000)
    assert (refused.code, refused.where) == ("csv_quote_open", {"row": 3})


def test_text_after_a_closing_quote_is_refused():
    assert refusal(b'id,input\n1,"a"b\n').code == "csv_quote_misplaced"


def test_a_nul_is_named_by_row_and_column():
    refused = refusal(b"id,input\n1,a\0b\n")
    assert (refused.code, refused.where) == ("nul_character", {"row": 2, "column": "input"})


def test_a_cell_above_one_mebibyte_is_named_by_row_and_column():
    assert len(read(b"id,input\n1," + b"x" * MIB + b"\n")) == 1
    refused = refusal(b"id,input\n1," + b"x" * (MIB + 1) + b"\n")
    assert (refused.code, refused.where) == ("cell_too_long", {"row": 2, "column": "input", "bytes": MIB + 1})


def test_a_line_of_ten_megabytes_is_refused_by_its_row():
    refused = refusal(b"id\n1\n" + b"x" * 10_000_000 + b"\n")
    assert (refused.code, refused.where) == ("line_too_long", {"row": 3})


def test_latin_1_is_named_by_its_row_even_after_a_cell_of_many_lines():
    refused = refusal(b'id,input\n1,"a\nb\nc"\n2,caf\xe9\n')
    assert (refused.code, refused.where["row"]) == ("not_utf8", 3)


def test_utf_16_is_refused_by_its_first_byte():
    refused = refusal("id,input\n1,x\n".encode("utf-16"))
    assert (refused.code, refused.where) == ("not_utf8", {"row": 1, "byte_offset": 0})
    assert "byte 0xFF" in refused.detail


def test_a_file_without_a_header_has_no_rows():
    assert read(b"\n\n") == []
