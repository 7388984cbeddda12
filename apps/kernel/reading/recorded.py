"""Recorded outputs: what a model answered elsewhere, with whatever scores, tokens and times came along."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from apps.kernel.reading.columns import first_rows, require
from apps.kernel.reading.keys import keys_of
from apps.kernel.reading.refusal import Problems, quoted
from apps.kernel.reading.rows import SourceRow

# What a database's plain integer holds; no answer has two billion tokens.
MOST_TOKENS = 2**31 - 1
_OWN = frozenset({"id", "model", "output", "input_tokens", "output_tokens", "latency_ms"})


@dataclass(frozen=True, slots=True)
class RecordedOutput:
    """One model's answer to one golden row; tokens ≥ 0, latency_ms finite ≥ 0, None where it was not recorded."""

    key: str
    model: str | None
    output: str | None
    input_tokens: int | None
    output_tokens: int | None
    latency_ms: float | None
    fields: dict[str, object]


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """Outputs in the order of the file, one an id."""

    outputs: tuple[RecordedOutput, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """The model names that occur, sorted."""
        return tuple(sorted({output.model for output in self.outputs if output.model is not None}))


def parse_outputs(rows: Sequence[SourceRow]) -> RecordedFile:
    """Check rows and make outputs of them, or raise FileRefused with up to 20 problems.

    Only ``id`` is required; columns we do not know are kept in ``fields`` as they are, nested values included.
    """
    problems = Problems()
    if not require("id", first_rows(rows), problems=problems):
        problems.raise_any()
    keys = keys_of(rows, problems=problems)
    outputs = tuple(_output(row, key, problems) for row, key in zip(rows, keys, strict=True))
    problems.raise_any()
    return RecordedFile(outputs)


def _output(row: SourceRow, key: str, problems: Problems) -> RecordedOutput:
    return RecordedOutput(
        key=key,
        model=_text(row, "model", problems),
        output=_text(row, "output", problems),
        input_tokens=_count(row, "input_tokens", problems),
        output_tokens=_count(row, "output_tokens", problems),
        latency_ms=_time(row, "latency_ms", problems),
        fields={column: value for column, value in row.values.items() if column not in _OWN},
    )


def _text(row: SourceRow, column: str, problems: Problems) -> str | None:
    value = row.values.get(column)
    if value is None or isinstance(value, str):
        return value
    _wrong(row, column, "text or null", problems)
    return None


def _count(row: SourceRow, column: str, problems: Problems) -> int | None:
    value = row.values.get(column)
    if value is None:
        return None
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value <= MOST_TOKENS
        and value == int(value)
    ):
        return int(value)
    _wrong(row, column, f"a whole number from 0 to {MOST_TOKENS:,}", problems)
    return None


def _time(row: SourceRow, column: str, problems: Problems) -> float | None:
    value = row.values.get(column)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    _wrong(row, column, "a finite number of 0 or more", problems)
    return None


def _wrong(row: SourceRow, column: str, wanted: str, problems: Problems) -> None:
    problems.add(
        "value_invalid",
        f"Row {row.number}: {column} is {quoted(row.values.get(column))}, not {wanted}.",
        {"row": row.number, "column": column},
    )
