"""JSON from a stranger: bounded in what it costs, and read with whatever is wrong in its letters."""

from __future__ import annotations

import json
from typing import Any

import orjson

from apps.inference import errors

# Many small values are what makes a small body large in memory and slow to read, while every other call waits; a long
# answer with 20 alternatives a token has fewer.
MOST_CONTAINERS, MOST_COMMAS = 300_000, 500_000
BOM = b"\xef\xbb\xbf"


class Unreadable(Exception):
    """The bytes are no JSON that is read here; ``code`` is the fault, ``at`` the byte where that shows, if one does."""

    def __init__(self, code: str, at: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.at = at


def loaded(content: bytes) -> tuple[Any, bool]:
    """The value, and whether its bytes were UTF-8. Raises Unreadable with upstream_empty, _html or _shape."""
    try:
        if len(content) > MOST_CONTAINERS:
            _bound(content)
        return orjson.loads(content), True
    except orjson.JSONDecodeError:
        return _loaded_slowly(content)


def broken_at(content: bytes) -> int | None:
    """The byte from which on this is no JSON; None where it is, or where no one byte can be named."""
    try:
        loaded(content)
    except Unreadable as unreadable:
        return unreadable.at
    return None


def _loaded_slowly(content: bytes) -> tuple[Any, bool]:
    """As a lenient reader takes it: NaN, numbers beyond 64 bits, half surrogate pairs, a byte order mark."""
    start = content.lstrip()[:1]
    if not start:
        raise Unreadable(errors.EMPTY)
    if start == b"<":
        raise Unreadable(errors.HTML)
    try:
        text, is_utf8 = content.removeprefix(BOM).decode("utf-8"), True
    except UnicodeDecodeError:
        text, is_utf8 = content.removeprefix(BOM).decode("utf-8", "replace"), False
    try:
        return json.loads(text), is_utf8
    except json.JSONDecodeError as error:
        before = text[: error.pos].encode("utf-8", "surrogatepass")
        # Letters that were put in for bytes are longer than these: then the place would be a guess.
        at = len(before) + len(content) - len(content.removeprefix(BOM)) if is_utf8 else None
        raise Unreadable(errors.SHAPE, at) from None
    except (ValueError, RecursionError):
        raise Unreadable(errors.SHAPE) from None


def _bound(content: bytes) -> None:
    if content.count(b"{") + content.count(b"[") > MOST_CONTAINERS or content.count(b",") > MOST_COMMAS:
        raise Unreadable(errors.SHAPE)
