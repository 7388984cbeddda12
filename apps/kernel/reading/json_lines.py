"""One JSON object a line, read strictly: whatever a database or a second reader would see otherwise is refused."""

from __future__ import annotations

import json
import math
import re
from collections import Counter

from apps.kernel.reading.limits import Limits
from apps.kernel.reading.lines import BOM, Line, lines_of, text_of
from apps.kernel.reading.refusal import Problems, escaped, quoted

# Beyond this a double, and so JavaScript and most JSON readers, would keep a neighbouring integer.
LARGEST = 2**53
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")


class _Refusal(Exception):
    def __init__(self, code: str, detail: str, column: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.column = column


def read(content: bytes, *, problems: Problems, limits: Limits) -> list[tuple[int, dict[str, object]]]:
    """The objects with the numbers of their lines; what is wrong is noted, and its line left out.

    Notes line_too_long, not_utf8, nul_character, bad_unicode, json_syntax, json_too_deep, duplicate_key,
    not_finite, number_too_large, row_not_object, cell_too_long, too_many_columns.
    Raises FileRefused at once for too_many_rows, too_many_values and a file that is one JSON list.
    """
    if content.removeprefix(BOM).lstrip().startswith(b"["):
        raise problems.refuse("row_not_object", "Row 1 begins a list. Write one JSON object a line.", {"row": 1})
    rows: list[tuple[int, dict[str, object]]] = []
    values = 0
    for line in lines_of(content):
        if line.number > limits.rows:
            raise problems.refuse("too_many_rows", f"The file has more than {limits.rows:,} lines. Split it.")
        if not line.content.strip():
            continue
        values += line.content.count(b",") + line.content.count(b"[") + line.content.count(b"{")
        if values > limits.values:
            raise problems.refuse("too_many_values", f"The file holds more than {limits.values:,} values. Split it.")
        value = _object(line, problems=problems, limits=limits)
        if value is not None:
            rows.append((line.number, value))
    return rows


def parse(text: str, *, depth: int) -> object:
    """The value of one JSON text; raises the private refusal that ``read`` and ``cell`` put into words."""
    if "\0" in text:
        raise _Refusal("nul_character", "has a NUL character")
    _check_depth(text, depth)
    try:
        value: object = json.loads(
            text, object_pairs_hook=_pairs, parse_int=_integer, parse_float=_float, parse_constant=_constant
        )
    except json.JSONDecodeError as error:
        raise _Refusal("json_syntax", f"is not JSON: {error.msg} at character {error.colno}") from None
    if "\\u" in text:
        _check_text(value)
    return value


def cell(text: str, *, depth: int) -> tuple[object, str | None, str]:
    """A JSON text inside a CSV cell: (value, None, "") or (None, code, what is wrong with it)."""
    try:
        return parse(text, depth=depth), None, ""
    except _Refusal as refusal:
        return None, refusal.code, refusal.detail


def _object(line: Line, *, problems: Problems, limits: Limits) -> dict[str, object] | None:
    row = line.number
    text = text_of(line, row=row, problems=problems, limits=limits)
    if text is None:
        return None
    try:
        value = parse(text, depth=limits.depth)
    except _Refusal as refusal:
        where = {"row": row} if refusal.column is None else {"row": row, "column": refusal.column}
        problems.add(refusal.code, f"Row {row} {refusal.detail}.", where)
        return None
    if not isinstance(value, dict):
        problems.add(
            "row_not_object",
            f"Row {row} is {_kind(value)}, not an object. Write one JSON object a line.",
            {"row": row},
        )
        return None
    return value if _fits(value, row=row, problems=problems, limits=limits) else None


def _fits(value: dict[str, object], *, row: int, problems: Problems, limits: Limits) -> bool:
    if len(value) > limits.columns:
        problems.add(
            "too_many_columns",
            f"Row {row} has {len(value):,} columns; at most {limits.columns} are accepted.",
            {"row": row},
        )
        return False
    fits = True
    for column, item in value.items():
        if isinstance(item, str) and len(item) * 4 > limits.cell_bytes and len(item.encode()) > limits.cell_bytes:
            size = len(item.encode())
            problems.add(
                "cell_too_long",
                f"Row {row}, column {quoted(column)}: {size:,} bytes; at most {limits.cell_bytes:,} are accepted.",
                {"row": row, "column": escaped(column), "bytes": size},
            )
            fits = False
    return fits


def _check_depth(text: str, limit: int) -> None:
    if text.count("[") + text.count("{") <= limit:
        return
    depth = 0
    for bracket in _BRACKET.finditer(_STRING.sub("", text)):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > limit:
            raise _Refusal("json_too_deep", f"is nested deeper than {limit} levels")


def _check_text(value: object) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise _Refusal("nul_character", "has a NUL character (\\u0000)")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _Refusal("bad_unicode", "has half of a surrogate pair (\\ud800 to \\udfff)") from None
    elif isinstance(value, list):
        for item in value:
            _check_text(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key)
            _check_text(item)


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise _Refusal("duplicate_key", f"has the key {quoted(twice)} twice", escaped(twice))
    return value


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST:
        raise _Refusal("number_too_large", f"has an integer beyond 2^53: {quoted(digits)}")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _Refusal("not_finite", f"has a number that is not finite: {quoted(digits)}")
    return value


def _constant(word: str) -> float:
    raise _Refusal("not_finite", f"has {word}, which is no JSON number")


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
