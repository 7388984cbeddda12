"""Rows of live traffic: how many of each cohort, and sketches of some. No text leaves this module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from apps.kernel import digest
from apps.kernel.contamination import asked_of, golden_text
from apps.kernel.reading.cohorts import names_of
from apps.kernel.reading.columns import first_rows
from apps.kernel.reading.keys import LENGTH
from apps.kernel.reading.refusal import Problems, escaped, quoted
from apps.kernel.reading.rows import SourceRow
from apps.kernel.sampling import smallest
from apps.kernel.statistics.content_drift import MOST_ROWS, TextRow
from apps.kernel.statistics.hashed_text import sketch

MOST_TRAFFIC_ROWS = 200_000
MOST_COHORTS = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Drawing:
    """``key`` decides which runs of characters share a bin, ``seed`` which rows are sampled."""

    key: bytes
    seed: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """Live rows of a time, counted. ``digest`` covers id, cohort and text of every row, whatever their order.

    ``sampled`` are sketches of at most 500 rows with a text; ``repeated`` rows came again with the same id and count
    once; ``without_text`` rows count for the mix only.
    """

    cohorts: Mapping[str, int]
    rows: int
    without_text: int
    repeated: int
    digest: str
    sampled: tuple[TextRow, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    identity: str
    cohort: str
    text: str


def parse_traffic(rows: Sequence[SourceRow], *, drawing: Drawing) -> Traffic:
    """Count rows and sketch a sample of them; columns besides id, cohort and what is asked are not looked at.

    Raises FileRefused: too_many_rows, too_many_cohorts, column_missing, cohort_missing, cohort_name_invalid,
    cohort_ambiguous, id_invalid, duplicate_id.
    """
    problems = Problems()
    if len(rows) > MOST_TRAFFIC_ROWS:
        raise problems.refuse(
            "too_many_rows", f"A traffic sample has at most {MOST_TRAFFIC_ROWS:,} rows, not {len(rows):,}. Draw fewer."
        )
    names = names_of(rows, first_rows(rows), problems=problems)
    problems.raise_any()
    found, repeated = _distinct(rows, names, problems)
    problems.raise_any()
    cohorts = Counter(row.cohort for row in found)
    if len(cohorts) > MOST_COHORTS:
        raise problems.refuse(
            "too_many_cohorts",
            f"The file names {len(cohorts):,} cohorts, more than {MOST_COHORTS}. Is the column 'cohort' an id?",
        )
    return Traffic(
        cohorts=dict(sorted(cohorts.items())),
        rows=len(found),
        without_text=sum(not row.text.strip() for row in found),
        repeated=repeated,
        digest=digest.of(sorted(row.identity for row in found)),
        sampled=sampled(((row.identity, row.cohort, row.text) for row in found), drawing=drawing),
    )


def sampled(rows: Iterable[tuple[str, str, str]], *, drawing: Drawing) -> tuple[TextRow, ...]:
    """Sketches of at most 500 rows with a text, sorted. ``rows`` gives identity, cohort and text of each."""
    worded = ((identity, (cohort, text)) for identity, cohort, text in rows if text.strip())
    chosen = drawn(worded, seed=drawing.seed)
    sketches = ((cohort, sketch(text, key=drawing.key)) for cohort, text in chosen)
    return tuple(sorted(TextRow(cohort, one) for cohort, one in sketches if one is not None))


def drawn(rows: Iterable[tuple[str, T]], *, seed: str, count: int = MOST_ROWS) -> list[T]:
    """Of rows with different identities the ``count`` of lowest rank under the seed: a uniform sample (§4.11).

    The same whatever the order of the rows.
    """
    by_identity = dict(rows)
    return [by_identity[identity] for identity in smallest(by_identity, count, seed=seed)]


def asked_in(values: Mapping[str, object]) -> str:
    """The text of a live row, as a golden row's is found, else of a column named question, instruction or the like."""
    return golden_text(values) or next(iter(asked_of(values)), "")


def _distinct(rows: Sequence[SourceRow], names: Sequence[str], problems: Problems) -> tuple[list[_Row], int]:
    """Rows with identities of their own. Without an id equal rows are asked often; with one they came twice."""
    found: list[_Row] = []
    first: dict[str, tuple[int, str]] = {}
    times: Counter[str] = Counter()
    repeated = 0
    for row, cohort in zip(rows, names, strict=True):
        key, text = _key(row, problems), asked_in(row.values)
        content = digest.of([key, cohort, text])
        if key:
            number, standing = first.setdefault(key, (row.number, content))
            if standing != content:
                problems.add(
                    "duplicate_id",
                    f"Rows {number} and {row.number} have the same id {quoted(key)} and are not the same.",
                    {"row": row.number, "rows": [number, row.number], "column": "id", "id": escaped(key)},
                )
            if number != row.number:
                repeated += 1
                continue
        times[content] += 1
        found.append(_Row(f"{content}/{times[content]}", cohort, text))
    return found, repeated


def _key(row: SourceRow, problems: Problems) -> str:
    """The row's id as text, "" for none."""
    given = row.values.get("id")
    key = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    if key is None or key == "":
        return ""
    if not isinstance(key, str) or len(key) > LENGTH or not key.isprintable():
        problems.add(
            "id_invalid",
            f"Row {row.number}: the id {quoted(key)} is not 1 to {LENGTH} printable characters.",
            {"row": row.number, "column": "id"},
        )
        return ""
    return key
