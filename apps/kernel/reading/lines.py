"""Bytes to lines of text: numbered, bounded, strictly UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apps.kernel.reading.limits import Limits
from apps.kernel.reading.refusal import Problems

BOM = b"\xef\xbb\xbf"
# Windows, Unix and old Mac line ends; the line keeps its own, for CSV cells may contain them.
_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its end; ``number`` counts from 1, ``offset`` is its first byte's place in the file."""

    number: int
    offset: int
    content: bytes


def lines_of(content: bytes) -> Iterator[Line]:
    """Every line of the content, blank ones too; a leading byte-order mark is dropped."""
    start = len(BOM) if content.startswith(BOM) else 0
    for number, found in enumerate(_LINE.finditer(content, start), start=1):
        yield Line(number, found.start(), found.group())


def text_of(line: Line, *, row: int, problems: Problems, limits: Limits) -> str | None:
    """The line as text, or None after noting ``line_too_long`` or ``not_utf8``."""
    if len(line.content) > limits.line_bytes:
        problems.add(
            "line_too_long",
            f"Row {row}: the line has {len(line.content):,} bytes; at most {limits.line_bytes:,} are accepted.",
            {"row": row},
        )
        return None
    try:
        return line.content.decode()
    except UnicodeDecodeError as error:
        offset = line.offset + error.start
        problems.add(
            "not_utf8",
            f"Row {row}: byte 0x{line.content[error.start]:02X} at offset {offset:,} is not UTF-8. Save as UTF-8.",
            {"row": row, "byte_offset": offset},
        )
        return None
