"""How much of a file we are willing to hold; every limit has a code of its own in the refusal."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes of UTF-8, counts in pieces; a file exactly at a limit is accepted."""

    file_bytes: int = 64 * MIB
    expanded_bytes: int = 64 * MIB
    expansion_ratio: int = 100
    #: Short repetitive files compress better than any ratio; a bomb shows only beyond this size.
    ratio_free_bytes: int = MIB
    line_bytes: int = 8 * MIB
    cell_bytes: int = MIB
    rows: int = 2_000_000
    columns: int = 200
    #: A value of two bytes costs some 60 bytes in memory, so the file's size alone bounds nothing.
    values: int = 4_000_000
    depth: int = 64


DEFAULT = Limits()
