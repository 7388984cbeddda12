from dataclasses import replace

import pytest

from apps.kernel.reading.limits import DEFAULT
from apps.kernel.reading.refusal import FileRefused
from apps.kernel.reading.rows import read_rows


def code_of(name: str, content: bytes, **limits: int) -> str:
    with pytest.raises(FileRefused) as refused:
        read_rows(name, [content], limits=replace(DEFAULT, **limits))
    return refused.value.code


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_not():
    content = b'{"id":"a"}\n'
    assert len(read_rows("a.jsonl", [content], limits=replace(DEFAULT, file_bytes=len(content)))) == 1
    assert code_of("a.jsonl", content, file_bytes=len(content) - 1) == "file_too_large"


def test_the_size_is_counted_over_all_chunks():
    with pytest.raises(FileRefused) as refused:
        read_rows("a.jsonl", [b"x" * 6, b"x" * 6], limits=replace(DEFAULT, file_bytes=10))
    assert refused.value.code == "file_too_large"


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_more_rows_than_allowed_are_refused(name):
    content = {"a.jsonl": b'{"id":1}\n' * 4, "a.csv": b"id\n" + b"1\n" * 4}[name]
    assert len(read_rows(name, [content], limits=replace(DEFAULT, rows=4))) == 4
    assert code_of(name, content, rows=3) == "too_many_rows"


@pytest.mark.parametrize(("name", "content"), [("a.jsonl", b'{"a":1,"b":2,"c":3}\n'), ("a.csv", b"a,b,c\n1,2,3\n")])
def test_more_columns_than_allowed_are_refused(name, content):
    assert len(read_rows(name, [content], limits=replace(DEFAULT, columns=3))) == 1
    assert code_of(name, content, columns=2) == "too_many_columns"


@pytest.mark.parametrize(
    ("name", "content"), [("a.jsonl", b'{"a":[[],[],[],[]]}\n'), ("a.csv", b"a,b,c\n1,2,3\n4,5,6\n")]
)
def test_a_small_file_of_countless_values_is_refused(name, content):
    assert code_of(name, content, values=5) == "too_many_values"
