"""JSON from a stranger: quick where it is clean, lenient where it is not, and bounded."""

from __future__ import annotations

import math

import pytest

from apps.inference import errors
from apps.inference.providers.reading import MOST_COMMAS, MOST_CONTAINERS, Unreadable, loaded


@pytest.mark.parametrize(
    ("content", "value", "is_utf8"),
    [
        (b'{"a": 1}', {"a": 1}, True),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}, True),
        (b'"a\xffb"', "a\ufffdb", False),
        (b'"\\ud800"', "\ud800", True),
        (b"-Infinity", -math.inf, True),
        (b"[" + b"0," * 1000 + b"0]", [0] * 1001, True),
    ],
)
def test_what_is_json_in_any_spelling_is_read(content: bytes, value: object, is_utf8: bool) -> None:
    assert loaded(content) == (value, is_utf8)


def test_a_number_that_is_none_is_read_as_such() -> None:
    value, _ = loaded(b"NaN")
    assert math.isnan(value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", errors.EMPTY),
        (b" \n", errors.EMPTY),
        (b" <html>", errors.HTML),
        (b"{}{}", errors.SHAPE),
        (b"[" * 100_000, errors.SHAPE),
        (b"[" + b"[]," * MOST_CONTAINERS + b"[]]", errors.SHAPE),
        (b"[" + b"0," * (MOST_COMMAS + 1) + b"0]", errors.SHAPE),
    ],
    ids=["empty", "blank", "html", "two", "deep", "containers", "commas"],
)
def test_what_is_none_is_told_apart(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        loaded(content)
    assert unreadable.value.code == code
