"""The cluster of a row: what it has in common with others, so that they are no independent evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.kernel.errors import Problem
from apps.kernel.reading.keys import LENGTH
from apps.kernel.reading.refusal import Problems, quoted
from apps.kernel.reading.rows import SourceRow

COLUMN = "cluster"


def clusters_of(
    rows: Sequence[SourceRow], seen: Mapping[str, int], *, warnings: list[Problem], problems: Problems
) -> list[str | None]:
    """The cluster of each row without blanks around it, whole numbers as their digits; None for a row without one.

    Notes cluster_invalid (not 1 to 200 printable characters), and warns by cluster_blank where only some rows have one.
    """
    if COLUMN not in seen:
        return [None for _ in rows]
    found: list[str | None] = []
    for row in rows:
        given = row.values.get(COLUMN)
        name = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
        if isinstance(name, str):
            name = name.strip()
        if name is not None and (not isinstance(name, str) or len(name) > LENGTH or not name.isprintable()):
            problems.add(
                "cluster_invalid",
                f"Row {row.number}: the cluster {quoted(given)} is not 1 to {LENGTH} printable characters.",
                {"row": row.number, "column": COLUMN},
            )
            name = None
        found.append(name or None)
    blank = sum(name is None for name in found)
    if 0 < blank < len(found):
        detail = f"{blank} of {len(found)} rows have no cluster; each counts as a cluster of its own."
        warnings.append(Problem("cluster_blank", detail, {"count": blank, "column": COLUMN}))
    return found
