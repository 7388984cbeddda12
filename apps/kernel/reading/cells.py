"""CSV knows only text: the columns we have a type for are read as that type, a dotted column as a nested field."""

from __future__ import annotations

import math

from apps.kernel.reading.json_lines import LARGEST, cell
from apps.kernel.reading.refusal import Problems, quoted

BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
BOOLEAN_COLUMNS = frozenset({"high_value"})
INTEGER_COLUMNS = frozenset({"input_tokens", "output_tokens"})
NUMBER_COLUMNS = frozenset({"traffic_weight", "latency_ms", "task_completion", "score"})
JSON_COLUMNS = frozenset({"messages", "schema", "tools", "meta"})


def typed(row: int, cells: dict[str, str], *, problems: Problems, depth: int) -> dict[str, object]:
    """The cells with their types; an empty cell is None. Notes ``value_invalid`` where a cell does not fit.

    ``human.groundedness`` becomes ``{"human": {"groundedness": ...}}``; such a cell that spells a number, true or
    false is read as one, for dotted columns carry scores.
    """
    values: dict[str, object] = {}
    for column, text in cells.items():
        value, wrong = _value(column, text, depth)
        if wrong:
            problems.add(
                "value_invalid",
                f"Row {row}, column {quoted(column)}: {quoted(text)} {wrong}.",
                {"row": row, "column": column},
            )
        elif not _put(values, column.split("."), value):
            problems.add(
                "value_invalid",
                f"Row {row}, column {quoted(column)}: another column already has this name without the dot.",
                {"row": row, "column": column},
            )
    return values


def _value(column: str, text: str, depth: int) -> tuple[object, str]:
    bare = text.strip()
    if not bare:
        return None, ""
    if column in BOOLEAN_COLUMNS:
        flag = BOOLEANS.get(bare.lower())
        return flag, "" if flag is not None else "is not true or false"
    if column in INTEGER_COLUMNS:
        whole = _number(bare)
        fits = whole is not None and whole.is_integer() and abs(whole) <= LARGEST
        return (int(whole), "") if fits and whole is not None else (None, "is not a whole number")
    if column in NUMBER_COLUMNS:
        number = _number(bare)
        return number, "" if number is not None else "is not a finite number"
    if column in JSON_COLUMNS:
        value, code, wrong = cell(text, depth=depth)
        return value, wrong if code else ""
    if "." in column:
        value, code, _ = cell(bare, depth=depth)
        return (value if code is None and isinstance(value, int | float) else text), ""
    return text, ""


def _number(text: str) -> float | None:
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _put(values: dict[str, object], path: list[str], value: object) -> bool:
    """Set the value at its path; False where a plain column stands in the way."""
    if len(path) == 1 or not all(path):
        name = ".".join(path)
        taken = name in values
        values.setdefault(name, value)
        return not taken
    inner = values.setdefault(path[0], {})
    return isinstance(inner, dict) and _put(inner, path[1:], value)
