"""The id of a row: what pairs a golden row with each model's output, so it must be there and only once."""

from __future__ import annotations

from collections.abc import Sequence

from apps.kernel.reading.columns import refuse_blank
from apps.kernel.reading.refusal import Problems, escaped, quoted
from apps.kernel.reading.rows import SourceRow

LENGTH = 200


def keys_of(rows: Sequence[SourceRow], *, problems: Problems) -> list[str]:
    """The ids in the order of the rows, whole numbers as their digits; an unusable one is an empty text.

    Notes id_missing, id_invalid (not 1 to 200 printable characters) and duplicate_id with both rows.
    """
    keys: list[str] = []
    blank: list[int] = []
    first: dict[str, int] = {}
    for row in rows:
        given = row.values.get("id")
        key = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
        if key is None or (isinstance(key, str) and not key.strip()):
            blank.append(row.number)
            key = ""
        elif not isinstance(key, str) or len(key) > LENGTH or not key.isprintable():
            problems.add(
                "id_invalid",
                f"Row {row.number}: the id {quoted(key)} is not 1 to {LENGTH} printable characters.",
                {"row": row.number, "column": "id"},
            )
            key = ""
        elif first.setdefault(key, row.number) != row.number:
            problems.add(
                "duplicate_id",
                f"Rows {first[key]} and {row.number} have the same id {quoted(key)}.",
                {"row": row.number, "rows": [first[key], row.number], "column": "id", "id": escaped(key)},
            )
        keys.append(key)
    refuse_blank("id_missing", "Every row needs an id.", "id", blank, problems=problems)
    return keys
