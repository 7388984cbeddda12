"""Files of human labels: who found what of which model's answer to which row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.kernel.evaluators.contract import as_share
from apps.kernel.reading.columns import first_rows, require
from apps.kernel.reading.refusal import Problems, escaped, quoted
from apps.kernel.reading.rows import SourceRow

ROLES = ("teacher", "student")
NAME_LENGTH = 200
NOTE_LENGTH = 2000
REPEATS = 1000
WORDS = {"pass": 1.0, "true": 1.0, "yes": 1.0, "fail": 0.0, "false": 0.0, "no": 0.0}
REQUIRED = ("id", "role", "evaluator", "label")


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label of 0 to 1 by its place in the file; ``labeller`` "" where the file names none."""

    row: int
    key: str
    role: str
    evaluator: str
    value: float
    labeller: str = ""
    note: str = ""
    repeat: int = 0


def parse_labels(rows: Sequence[SourceRow]) -> tuple[NewLabel, ...]:
    """Check rows and make labels of them, or raise FileRefused with up to 20 problems.

    A label is a number from 0 to 1, true or false, or the words pass and fail. The same answer may be labelled by
    several labellers, by each of them once: else ``label_twice``.
    """
    problems = Problems()
    columns = first_rows(rows)
    for column in REQUIRED:
        require(column, columns, problems=problems)
    problems.raise_any()
    labels = tuple(_label(row, problems) for row in rows)
    problems.raise_any()
    first: dict[tuple[object, ...], int] = {}
    for label in labels:
        place = (label.key, label.role, label.evaluator, label.labeller, label.repeat)
        if first.setdefault(place, label.row) != label.row:
            problems.add(
                "label_twice",
                f"Rows {first[place]} and {label.row} label the same answer for the same labeller.",
                {"row": label.row, "rows": [first[place], label.row]},
            )
    problems.raise_any()
    return labels


def _label(row: SourceRow, problems: Problems) -> NewLabel:
    role = _text(row, "role", problems, length=20)
    if role and role not in ROLES:
        _wrong(row, "role", "teacher or student", problems)
    return NewLabel(
        row=row.number,
        key=_text(row, "id", problems, length=NAME_LENGTH),
        role=role,
        evaluator=_text(row, "evaluator", problems, length=NAME_LENGTH),
        value=_value(row, problems),
        labeller=_text(row, "labeller", problems, length=NAME_LENGTH, needed=False),
        note=_text(row, "note", problems, length=NOTE_LENGTH, needed=False, lines=True),
        repeat=_repeat(row, problems),
    )


def _text(
    row: SourceRow, column: str, problems: Problems, *, length: int, needed: bool = True, lines: bool = False
) -> str:
    given = row.values.get(column)
    if isinstance(given, int) and not isinstance(given, bool) and column == "id":
        given = str(given)
    if given is None or given == "":
        if needed:
            _wrong(row, column, f"text of 1 to {length} characters", problems)
        return ""
    readable = isinstance(given, str) and len(given) <= length and (lines or given.isprintable()) and given.strip()
    if not readable:
        _wrong(row, column, f"text of 1 to {length} printable characters", problems)
        return ""
    return str(given)


def _value(row: SourceRow, problems: Problems) -> float:
    given = row.values.get("label")
    if isinstance(given, str):
        given = WORDS.get(given.strip().lower(), _number(given))
    share = as_share(given) if isinstance(given, bool | int | float) else "not_a_number"
    if isinstance(share, str):
        _wrong(row, "label", "a number from 0 to 1, pass or fail", problems)
        return 0.0
    return share


def _number(text: str) -> float | None:
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None


def _repeat(row: SourceRow, problems: Problems) -> int:
    given = row.values.get("repeat")
    if given is None:
        return 0
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 4:
        given = int(given)
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < REPEATS:
        return given
    _wrong(row, "repeat", f"a whole number from 0 to {REPEATS - 1}", problems)
    return 0


def _wrong(row: SourceRow, column: str, wanted: str, problems: Problems) -> None:
    problems.add(
        "value_invalid",
        f"Row {row.number}: {column} is {quoted(row.values.get(column))}, not {wanted}.",
        {"row": row.number, "column": escaped(column)},
    )
