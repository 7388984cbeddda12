"""The columns a golden file may have, and what was probably meant by one it may not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from apps.kernel.reading.refusal import Problems, escaped, listed, quoted
from apps.kernel.reading.rows import SourceRow

KNOWN = (
    "id",
    "input",
    "context",
    "reference",
    "prompt",
    "messages",
    "schema",
    "tools",
    "meta",
    "cohort",
    "high_value",
    "traffic_weight",
    "cluster",
)


def first_rows(rows: Iterable[SourceRow]) -> dict[str, int]:
    """Every column that occurs, with the number of the first row that has it."""
    seen: dict[str, int] = {}
    for row in rows:
        for column in row.values:
            seen.setdefault(column, row.number)
    return seen


def nearest(name: str, among: Iterable[str]) -> str | None:
    """The name most like this one, if any is alike at all."""
    lowered = {other.lower().strip(): other for other in among}
    found = get_close_matches(name.lower().strip()[:200], lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def refuse_unknown(seen: Mapping[str, int], *, problems: Problems) -> None:
    """Note ``column_unknown`` for each column that is not KNOWN."""
    for column, row in seen.items():
        if column not in KNOWN:
            meant = nearest(column, KNOWN)
            hint = f"did you mean {quoted(meant)}?" if meant else f"known are {', '.join(KNOWN)}."
            problems.add(
                "column_unknown",
                f"Column {quoted(column)} (first in row {row}) is not known; {hint}",
                {"row": row, "column": escaped(column)},
            )


def require(column: str, seen: Mapping[str, int], *, problems: Problems) -> bool:
    """Note ``column_missing`` where no row has the column; True if some row has it."""
    if column in seen:
        return True
    like = nearest(column, seen)
    hint = f"Found {quoted(like)}; did you mean {quoted(column)}?" if like else f"Add a column named {quoted(column)}."
    problems.add("column_missing", f"No row has the column {quoted(column)}. {hint}", {"column": column})
    return False


def refuse_blank(code: str, sentence: str, column: str, rows: Sequence[int], *, problems: Problems) -> None:
    """Note once, under this code, all the rows whose cell in this column is missing or blank."""
    if rows:
        problems.add(
            code,
            f"{sentence} Missing in {listed(list(rows))}.",
            {"row": rows[0], "rows": list(rows[:20]), "column": column, "count": len(rows)},
        )
