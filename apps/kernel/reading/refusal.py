"""A file is taken whole or not at all: problems are gathered row by row, then raised together."""

from __future__ import annotations

from collections.abc import Mapping

from apps.kernel.errors import InvalidInput, Problem

SHOWN = 20
QUOTED = 80


class FileRefused(InvalidInput):
    """Nothing of the file was taken; ``code``, ``detail`` and ``where`` are those of the first problem.

    ``errors`` holds the first 20 problems in the order of the file, ``total`` counts them all.
    """

    code = "file_refused"
    title = "The file was refused"

    def __init__(self, problems: tuple[Problem, ...], *, total: int) -> None:
        first = problems[0]
        more = f" ({total - 1} more problem{'s' if total > 2 else ''} in this file.)" if total > 1 else ""
        super().__init__(first.detail + more, code=first.code, where=first.where, errors=problems)
        self.total = total


class Problems:
    """Collects what is wrong with one file; keeps the first 20 and counts the rest."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self.total = 0

    def add(self, code: str, detail: str, where: Mapping[str, object] | None = None) -> None:
        """Note a problem and go on reading."""
        self.total += 1
        if len(self._kept) < SHOWN:
            self._kept.append(Problem(code, detail, dict(where or {})))

    def refuse(self, code: str, detail: str, where: Mapping[str, object] | None = None) -> FileRefused:
        """Note a problem after which reading on makes no sense; the caller raises what is returned."""
        self.add(code, detail, where)
        return FileRefused(tuple(self._kept), total=self.total)

    def raise_any(self) -> None:
        """Raise FileRefused if anything was noted."""
        if self._kept:
            raise FileRefused(tuple(self._kept), total=self.total)


def escaped(text: object) -> str:
    """At most 80 characters of someone's input, control characters and half surrogates spelled out."""
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(text)[:QUOTED])
    return shown[:QUOTED]


def quoted(text: object) -> str:
    """The same between single quotes, with an ellipsis where it was cut."""
    shown = escaped(text)
    return f"'{shown}'" if len(str(text)) <= QUOTED else f"'{shown}…'"


def listed(rows: list[int]) -> str:
    """``row 4`` or ``rows 4, 9, 12``; beyond 20 rows the count of the rest."""
    shown = ", ".join(str(row) for row in rows[:SHOWN])
    rest = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{rest}"
