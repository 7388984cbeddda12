import gzip
import json
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.recorded import parse_outputs
from apps.kernel.reading.refusal import FileRefused
from apps.kernel.reading.rows import SourceRow, read_rows


def code_of(name: str, content: bytes) -> str:
    with pytest.raises(FileRefused) as refused:
        read_rows(name, [content])
    return refused.value.code


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"id":"x"}\n'),
        ("A.JSONL.GZ", gzip.compress(b'{"id":"x"}\n', mtime=0)),
        ("golden.v2.csv", b"id\n\nx\n"),
        ("a.csv.gz", gzip.compress(b"id\nx\n", mtime=0)),
    ],
)
def test_each_kind_of_file_is_read(name, content):
    rows = read_rows(name, [content[:3], content[3:]])
    assert [row.values for row in rows] == [{"id": "x"}]


def test_rows_keep_their_numbers():
    assert read_rows("a.csv", [b"id\nx\ny\n"]) == [SourceRow(2, {"id": "x"}), SourceRow(3, {"id": "y"})]


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_an_empty_file_and_a_blank_one_are_told_apart(name):
    assert code_of(name, b"") == "file_empty"
    assert code_of(name, b"\n \n") == "no_rows"
    assert code_of(name + ".gz", gzip.compress(b"")) == "file_empty"


def test_a_header_alone_has_no_rows():
    assert code_of("a.csv", b"id,input\n") == "no_rows"


@pytest.mark.parametrize("name", ["a.xlsx", "a.pickle", "a.parquet", "a.npy", "a", "", ".gz", "a.zip", "csv"])
def test_other_kinds_are_refused_unopened(name):
    assert code_of(name, b'{"id":"x"}\n') == "type_unsupported"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"PK\x03\x04rest"),
        ("a.jsonl", b"PAR1rest"),
        ("a.jsonl", gzip.compress(b"{}", mtime=0)),
        ("a.jsonl.gz", b'{"id":"x"}\n'),
        ("a.csv.gz", gzip.compress(b"PK\x03\x04", mtime=0)),
    ],
)
def test_a_name_that_does_not_fit_the_content_is_refused(name, content):
    assert code_of(name, content) == "type_mismatch"


def test_nothing_is_given_back_where_one_row_is_bad():
    assert code_of("a.jsonl", b'{"id":1}\n' * 50 + b"{\n") == "json_syntax"


PIECES = st.lists(
    st.sampled_from(
        [b'{"id":"a"', b'"cohort":', b'"x"', b",", b":", b"}", b"{", b"[", b"]", b"\n", b"\r", b"id,cohort", b'"',
         b"\\", b"\\u0000", b"\\ud800", b"NaN", b"1e999", b"-1", b"9" * 20, b"\0", b"\xff", b"\xef\xbb\xbf",
         b";", b"\t", b"*"]
    )
    | st.binary(max_size=6),
    max_size=40,
).map(b"".join)  # fmt: skip


def refusal(parse: Callable[[list[SourceRow]], object], name: str, content: bytes) -> FileRefused | None:
    try:
        parse(read_rows(name, [content]))
    except FileRefused as refused:
        return refused
    return None


@settings(max_examples=500, deadline=None)
@given(
    name=st.sampled_from(["a.jsonl", "a.csv", "a.jsonl.gz", "a.csv.gz"]),
    content=PIECES | st.binary(max_size=400),
    pack=st.booleans(),
)
@example(name="a.csv", content=b'"', pack=False)
@example(name="a.jsonl", content=b'{"id":1e308,"cohort":{"a":[]}}', pack=False)
def test_whatever_the_bytes_the_answer_is_rows_or_a_refusal(name, content, pack):
    if pack:
        content = gzip.compress(content)
    for parse in (parse_golden, partial(parse_golden, allow_extra=True, needs_ask=True), parse_outputs):
        refused = refusal(parse, name, content)
        if refused is not None:
            assert 1 <= len(refused.errors) <= min(20, refused.total)
            assert json.dumps(refused.errors[0].as_json(), ensure_ascii=False).encode()
