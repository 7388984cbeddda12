"""Sketches of sampled rows as bytes to keep: no text, and not much larger than the texts were."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

from apps.kernel.errors import InvalidInput
from apps.kernel.statistics.content_drift import TextRow
from apps.kernel.statistics.hashed_text import Sketch

FORMAT = b"1"
"""Also stands for the recipe of a sketch: sketches of another recipe are never compared with today's."""
_LENGTHS = struct.Struct("<HH")


class SketchesUnreadable(InvalidInput):
    """The bytes are no sketches of the present format."""

    code = "sketches_unreadable"
    title = "The sketches of these rows cannot be read"


def pack(rows: Iterable[TextRow]) -> bytes:
    """Rows in a canonical order, compressed; equal rows give equal bytes."""
    parts = []
    for row in sorted(rows):
        name = row.cohort.encode()
        parts += [_LENGTHS.pack(len(name), len(row.sketch.bins)), name, row.sketch.bins, row.sketch.counts]
    return FORMAT + zlib.compress(b"".join(parts), 6)


def unpack(content: bytes) -> tuple[TextRow, ...]:
    """The rows that were packed. Raises SketchesUnreadable."""
    if content[:1] != FORMAT:
        raise SketchesUnreadable(f"Sketches of format {content[:1]!r} are not read here.")
    try:
        return tuple(_rows(zlib.decompress(content[1:])))
    except (zlib.error, struct.error, UnicodeDecodeError) as error:
        raise SketchesUnreadable(f"The sketches are damaged: {str(error)[:80]}.") from error


def _rows(content: bytes) -> Iterator[TextRow]:
    at = 0
    while at < len(content):
        name, size = _LENGTHS.unpack_from(content, at)
        at += _LENGTHS.size
        cohort, bins, counts = content[at : at + name], content[at + name :][:size], content[at + name + size :][:size]
        yield TextRow(cohort.decode(), Sketch(bins, counts))
        at += name + 2 * size
