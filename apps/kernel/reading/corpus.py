"""A training corpus, row by row as it comes: it is looked at and never held."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apps.kernel.contamination import asked_of
from apps.kernel.reading import gzip, json_lines
from apps.kernel.reading.limits import DEFAULT, MIB, Limits
from apps.kernel.reading.lines import BOM
from apps.kernel.reading.refusal import FileRefused, Problems, quoted

KINDS = (".jsonl", ".csv", ".txt")
PACKED = ".gz"


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """One training row; ``number`` is its line (of a CSV: the row below the header) from 1."""

    number: int
    texts: tuple[str, ...]


class Corpus:
    """The rows of a .jsonl, .csv or .txt file (a row a line), plain or gzipped; to be walked through once.

    ``digest`` is the SHA-256 of the file's bytes as sent, whole once the last row is out.
    """

    def __init__(self, name: str, chunks: Iterable[bytes], *, limits: Limits = DEFAULT) -> None:
        self._name, self._chunks, self._limits = name.lower(), chunks, limits
        self._seen = hashlib.sha256()
        self._bytes = 0

    @property
    def digest(self) -> str:
        return f"sha256:{self._seen.hexdigest()}"

    def rows(self) -> Iterator[CorpusRow]:
        """Raises FileRefused at the first row that cannot be read, and when no row has a text to compare."""
        bare = self._name.removesuffix(PACKED)
        kind = next((kind for kind in KINDS if bare.endswith(kind)), None)
        if kind is None:
            raise _refused("type_unsupported", f"{quoted(self._name)}: send .jsonl, .csv or .txt, plain or as .gz.")
        counted = self._counted()
        content = gzip.expand(counted, limits=self._limits) if bare != self._name else counted
        lines = _lines(content, self._limits)
        read = {".jsonl": _json_rows, ".csv": _csv_rows, ".txt": _text_rows}[kind]
        worded = False
        for row in read(lines, self._limits):
            worded = worded or bool(row.texts)
            yield row
        if not worded:
            raise _refused(
                "corpus_without_text",
                "No row has a text to compare. Name the column that asks input, prompt, question, instruction, query "
                "or text, or send chat messages with a user's part.",
            )

    def _counted(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._bytes += len(chunk)
            if self._bytes > self._limits.file_bytes:
                at_most = self._limits.file_bytes // MIB
                raise _refused("file_too_large", f"The file is larger than {at_most} MiB. Send it in parts.")
            self._seen.update(chunk)
            yield chunk


def _lines(content: Iterable[bytes], limits: Limits) -> Iterator[tuple[int, str]]:
    """Numbered lines of text without their ends."""
    rest, number = b"", 0
    for chunk in content:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            yield number, _decoded(line, number, limits)
        if len(rest) > limits.line_bytes:
            raise _too_long(number + 1, limits)
    if rest:
        yield number + 1, _decoded(rest, number + 1, limits)


def _decoded(line: bytes, number: int, limits: Limits) -> str:
    if len(line) > limits.line_bytes:
        raise _too_long(number, limits)
    if number > limits.rows:
        raise _refused("too_many_rows", f"The file has more than {limits.rows:,} lines. Send it in parts.")
    try:
        return (line.removeprefix(BOM) if number == 1 else line).decode().removesuffix("\r")
    except UnicodeDecodeError:
        raise _refused("not_utf8", f"Row {number} is not UTF-8. Save as UTF-8.", number) from None


def _json_rows(lines: Iterable[tuple[int, str]], limits: Limits) -> Iterator[CorpusRow]:
    for number, line in lines:
        if not line.strip():
            continue
        value, code, wrong = json_lines.cell(line, depth=limits.depth)
        if code is not None:
            raise _refused(code, f"Row {number} {wrong}.", number)
        if not isinstance(value, dict):
            raise _refused("row_not_object", f"Row {number} is no object. Write one JSON object a line.", number)
        yield CorpusRow(number, asked_of(value))


def _csv_rows(lines: Iterable[tuple[int, str]], limits: Limits) -> Iterator[CorpusRow]:
    table = csv.DictReader((f"{line}\n" for _, line in lines), strict=True)
    try:
        for number, row in enumerate(table, start=1):
            yield CorpusRow(number, asked_of({str(name).strip().lower(): value for name, value in row.items()}))
    except csv.Error as error:
        number = table.line_num
        raise _refused("csv_syntax", f"Line {number} is not CSV: {str(error)[:80]}.", number) from None


def _text_rows(lines: Iterable[tuple[int, str]], limits: Limits) -> Iterator[CorpusRow]:
    for number, line in lines:
        if line.strip():
            yield CorpusRow(number, (line,))


def _too_long(number: int, limits: Limits) -> FileRefused:
    return _refused("line_too_long", f"Row {number} has more than {limits.line_bytes:,} bytes.", number)


def _refused(code: str, detail: str, row: int | None = None) -> FileRefused:
    return Problems().refuse(code, detail, None if row is None else {"row": row})
