"""A CSV file as rows: header first, every row as wide as the header, quotes closed, cells typed where we know how."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice

from apps.kernel.reading.cells import typed
from apps.kernel.reading.limits import Limits
from apps.kernel.reading.lines import BOM, lines_of, text_of
from apps.kernel.reading.refusal import FileRefused, Problems, escaped, quoted

DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 5
_SAMPLE = 256 * 1024

# Process-wide by the nature of the csv module. Its default of 128 KiB is below our own cell limit, and it would
# report a quote that never closes as a long field; we bound the file and the cells ourselves.
csv.field_size_limit(1 << 30)


def read(content: bytes, *, problems: Problems, limits: Limits) -> list[tuple[int, dict[str, object]]]:
    """The rows as column → cell, numbered as a spreadsheet does: the header is row 1, an empty cell is None.

    Notes ragged_row, nul_character, cell_too_long and value_invalid and leaves the row out.
    Raises FileRefused at once where no later row can be trusted: not_utf8, line_too_long, csv_quote_open,
    csv_quote_misplaced, delimiter_unclear, duplicate_column, column_name_invalid, too_many_columns,
    too_many_rows, too_many_values.
    """
    delimiter = _delimiter(content, problems=problems)
    records = iter(_Rows(content, delimiter, problems=problems, limits=limits))
    header = next(((number, cells) for number, cells in records if any(map(str.strip, cells))), None)
    if header is None:
        return []
    columns = _columns(header[1], problems=problems, limits=limits)
    rows: list[tuple[int, dict[str, object]]] = []
    values = 0
    for number, cells in records:
        values += max(1, len(cells))
        if values > limits.values:
            raise problems.refuse("too_many_values", f"The file holds more than {limits.values:,} cells. Split it.")
        if cells and _sound(number, cells, columns, problems=problems, limits=limits):
            row = typed(number, dict(zip(columns, cells, strict=True)), problems=problems, depth=limits.depth)
            rows.append((number, row))
    return rows


class _Rows:
    """The records of a CSV, numbered; ``number`` is the record being read, even while its lines still come in."""

    def __init__(self, content: bytes, delimiter: str, *, problems: Problems, limits: Limits) -> None:
        self.number = 0
        self._problems = problems
        self._limits = limits
        self._reader = csv.reader(self._texts(content), delimiter=delimiter, strict=True)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while True:
            self.number += 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _misquoted(self.number, error, problems=self._problems) from None
            if self.number > self._limits.rows + 1:
                raise self._problems.refuse("too_many_rows", f"The file has more than {self._limits.rows:,} rows.")
            yield self.number, cells

    def _texts(self, content: bytes) -> Iterator[str]:
        for line in lines_of(content):
            text = text_of(line, row=self.number, problems=self._problems, limits=self._limits)
            if text is None:
                # A lost line may have opened or closed a quote, so nothing after it can be told apart.
                self._problems.raise_any()
            else:
                yield text


def _misquoted(number: int, error: csv.Error, *, problems: Problems) -> FileRefused:
    if "unexpected end of data" in str(error):
        return problems.refuse(
            "csv_quote_open",
            f'A quote opened in row {number} never closes. Double a quote inside a cell: "".',
            {"row": number},
        )
    return problems.refuse(
        "csv_quote_misplaced",
        f'Row {number}: text follows a closing quote. Double a quote inside a cell: "".',
        {"row": number},
    )


def _delimiter(content: bytes, *, problems: Problems) -> str:
    """The one delimiter that splits the header; where several do, the one that splits the next rows alike."""
    sample = content.removeprefix(BOM).lstrip(b"\r\n")[:_SAMPLE]
    splitting = [mark for mark in DELIMITERS if len(next(_loosely(sample, mark), [])) > 1]
    if len(splitting) > 1:
        splitting = [mark for mark in splitting if len({*map(len, islice(_loosely(sample, mark), _LOOKED_AT))}) == 1]
        if len(splitting) != 1:
            raise problems.refuse(
                "delimiter_unclear", "Row 1 could be split at more than one of , ; | and tab. Use commas.", {"row": 1}
            )
    return splitting[0] if splitting else ","


def _loosely(sample: bytes, mark: str) -> Iterator[list[str]]:
    """Rows for a first look: neither quotes nor bytes are judged here, and blank lines are left out."""
    texts = (line.content.decode(errors="replace") for line in lines_of(sample))
    return (cells for cells in csv.reader(texts, delimiter=mark) if cells)


def _columns(cells: Sequence[str], *, problems: Problems, limits: Limits) -> list[str]:
    if len(cells) > limits.columns:
        raise problems.refuse(
            "too_many_columns",
            f"The header has {len(cells):,} columns; at most {limits.columns} are accepted.",
            {"row": 1},
        )
    columns = [cell.strip() for cell in cells]
    for place, name in enumerate(columns, start=1):
        if not name or not name.isprintable() or len(name) > 200:
            problems.add(
                "column_name_invalid",
                f"Column {place} is named {quoted(name)}: a name has 1 to 200 printable characters.",
                {"row": 1, "column": place},
            )
        elif columns.index(name) < place - 1:
            problems.add(
                "duplicate_column",
                f"{quoted(name)} appears twice (columns {columns.index(name) + 1} and {place}).",
                {"row": 1, "column": escaped(name)},
            )
    problems.raise_any()
    return columns


def _sound(number: int, cells: Sequence[str], columns: Sequence[str], *, problems: Problems, limits: Limits) -> bool:
    if len(cells) != len(columns):
        problems.add(
            "ragged_row",
            f"Row {number} has {len(cells)} cell{'s' if len(cells) != 1 else ''}, header has {len(columns)}.",
            {"row": number},
        )
        return False
    before = problems.total
    for column, cell in zip(columns, cells, strict=True):
        if "\0" in cell:
            problems.add(
                "nul_character",
                f"Row {number}, column {quoted(column)} has a NUL character.",
                {"row": number, "column": column},
            )
        size = len(cell.encode()) if len(cell) * 4 > limits.cell_bytes else 0
        if size > limits.cell_bytes:
            problems.add(
                "cell_too_long",
                f"Row {number}, column {quoted(column)}: {size:,} bytes; at most {limits.cell_bytes:,} are accepted.",
                {"row": number, "column": column, "bytes": size},
            )
    return problems.total == before
