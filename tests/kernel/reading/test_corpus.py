"""A corpus streams past: each kind of file gives its texts, and the first bad row refuses it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator

import pytest

from apps.kernel.reading.corpus import Corpus
from apps.kernel.reading.limits import Limits
from apps.kernel.reading.refusal import FileRefused

JSONL = b'{"input": "one"}\n\n{"messages": [{"role": "user", "content": "two"}]}\r\n{"output": "none"}'


def texts(name: str, content: bytes, *, step: int = 7, **limits: int) -> list[tuple[int, tuple[str, ...]]]:
    chunks = [content[start : start + step] for start in range(0, len(content), step)]
    return [(row.number, row.texts) for row in Corpus(name, chunks, limits=Limits(**limits)).rows()]


def refusal(name: str, content: bytes, **limits: int) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        texts(name, content, **limits)
    return refused.value


def test_json_lines_csv_and_text_give_what_they_ask() -> None:
    assert texts("c.jsonl", JSONL) == [(1, ("one",)), (3, ("two",)), (4, ())]
    assert texts("c.csv", b'\xef\xbb\xbfPrompt,answer\n"a, ""b""\nc",x\nd,y\n') == [(1, ('a, "b"\nc',)), (2, ("d",))]
    assert texts("c.txt", "größer\n\nb".encode()) == [(1, ("größer",)), (3, ("b",))]
    assert texts("c.jsonl.gz", gzip.compress(JSONL)) == texts("c.jsonl", JSONL, step=1)


def test_the_digest_is_that_of_the_bytes_as_sent() -> None:
    packed = gzip.compress(JSONL)
    corpus = Corpus("c.jsonl.gz", [packed[:10], packed[10:]])
    list(corpus.rows())
    assert corpus.digest == f"sha256:{hashlib.sha256(packed).hexdigest()}"


def test_rows_come_before_the_file_has_ended() -> None:
    """Nothing but the present piece is held: the first row is out while the second has not been sent."""

    def chunks() -> Iterator[bytes]:
        yield b'{"input": "one"}\n'
        raise AssertionError("read ahead")

    assert next(Corpus("c.jsonl", chunks()).rows()).texts == ("one",)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("c.pdf", b"x", "type_unsupported"),
        ("c.jsonl", b'{"input": "a"}\n{broken', "json_syntax"),
        ("c.jsonl", b"[1]", "row_not_object"),
        ("c.jsonl", b'{"input": NaN}', "not_finite"),
        ("c.txt", b"ok\n\xff\n", "not_utf8"),
        ("c.csv", b'prompt\n"open', "csv_syntax"),
        ("c.jsonl", b'{"output": "a"}\n', "corpus_without_text"),
        ("c.txt", b"", "corpus_without_text"),
        ("c.jsonl.gz", b"no gzip", "gzip_broken"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(name: str, content: bytes, code: str) -> None:
    assert refusal(name, content).code == code


def test_the_row_at_fault_is_named() -> None:
    assert refusal("c.jsonl", b'{"input": "a"}\n3\n').where == {"row": 2}


def test_sizes_are_bounded() -> None:
    assert refusal("c.txt", b"a\n" * 40, file_bytes=50).code == "file_too_large"
    assert refusal("c.txt", b"a" * 40, line_bytes=30).code == "line_too_long"
    assert refusal("c.txt", b"a\n" * 40, rows=30).code == "too_many_rows"
    assert refusal("c.jsonl", json.dumps({"input": [[[[1]]]]}).encode(), depth=3).code == "json_too_deep"
