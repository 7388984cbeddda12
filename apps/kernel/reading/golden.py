"""Golden rows: the examples a dataset version is pinned from, with their cohorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.kernel import digest
from apps.kernel.errors import Problem
from apps.kernel.reading.clusters import clusters_of
from apps.kernel.reading.cohorts import GoldenCohort, cohorts_of, names_of, warnings_of
from apps.kernel.reading.columns import KNOWN, first_rows, refuse_blank, refuse_unknown, require
from apps.kernel.reading.keys import keys_of
from apps.kernel.reading.refusal import Problems, quoted
from apps.kernel.reading.rows import SourceRow

ASKS = ("input", "prompt", "messages")
_FIELDS = frozenset(KNOWN) - {"meta"}


@dataclass(frozen=True, slots=True)
class GoldenExample:
    """One golden row. ``reference`` and ``schema`` may be any JSON value; ``extra`` holds meta and unknown columns.

    ``high_value`` is what the row itself says, or where it says nothing what its cohort is. ``cluster`` names what the
    row shares with others: a conversation, a document, a customer.
    """

    key: str
    cohort: str
    high_value: bool
    input: str | None
    context: str | None
    reference: object
    prompt: str | None
    messages: list[dict[str, object]] | None
    schema: object
    tools: list[object] | None
    extra: dict[str, object]
    cluster: str | None = None


@dataclass(frozen=True, slots=True)
class GoldenFile:
    """Examples in the order of the file; ``weights_source`` is declared or row_share; warnings do not refuse."""

    examples: tuple[GoldenExample, ...]
    cohorts: tuple[GoldenCohort, ...]
    weights_source: str
    warnings: tuple[Problem, ...]


def parse_golden(
    rows: Sequence[SourceRow],
    *,
    columns: Mapping[str, str] | None = None,
    allow_extra: bool = False,
    needs_ask: bool = False,
) -> GoldenFile:
    """Check rows and make examples of them, or raise FileRefused with up to 20 problems.

    ``columns`` maps our names to the file's (``{"reference": "expected"}``). Without an ``id`` column rows are
    keyed row-1, row-2, … and exact duplicates are taken once. With ``needs_ask`` each row must carry what to ask a
    model: input, prompt or messages; recorded outputs can be compared without.
    """
    problems = Problems()
    rows = _renamed(rows, columns or {}, problems=problems)
    seen = first_rows(rows)
    if not allow_extra:
        refuse_unknown(seen, problems=problems)
    warnings: list[Problem] = []
    if "id" not in seen:
        rows = _numbered(rows, warnings)
    keys = keys_of(rows, problems=problems)
    names = names_of(rows, seen, problems=problems)
    clusters = clusters_of(rows, seen, warnings=warnings, problems=problems)
    for row in rows:
        _check(row, problems)
    if needs_ask:
        _refuse_unasked(rows, seen, problems=problems)
    cohorts, weights_source = cohorts_of(rows, names, problems=problems)
    problems.raise_any()
    _warn_conflicts(rows, warnings)
    flags = {cohort.name: cohort.high_value for cohort in cohorts}
    examples = tuple(
        _example(row.values, key=key, cohort=name, high_value=flags[name], cluster=cluster)
        for row, key, name, cluster in zip(rows, keys, names, clusters, strict=True)
    )
    return GoldenFile(examples, cohorts, weights_source, (*warnings, *warnings_of(cohorts)))


def _renamed(rows: Sequence[SourceRow], columns: Mapping[str, str], *, problems: Problems) -> Sequence[SourceRow]:
    if not columns:
        return rows
    ours = {theirs: name for name, theirs in columns.items()}
    seen = first_rows(rows)
    for theirs in ours:
        require(theirs, seen, problems=problems)
    for name in columns:
        if name in seen and name not in ours:
            problems.add(
                "duplicate_column",
                f"The file has a column {quoted(name)} and {quoted(columns[name])} was chosen for it.",
                {"column": name},
            )
    problems.raise_any()
    return [SourceRow(row.number, {ours.get(name, name): v for name, v in row.values.items()}) for row in rows]


def _numbered(rows: Sequence[SourceRow], warnings: list[Problem]) -> Sequence[SourceRow]:
    """Give each distinct row an id by its place, for no row has one."""
    distinct = {digest.canonical(row.values): row for row in reversed(rows)}
    kept = sorted(distinct.values(), key=lambda row: row.number)
    if len(kept) < len(rows):
        skipped = len(rows) - len(kept)
        warnings.append(Problem("duplicates_skipped", f"{skipped} duplicate rows skipped.", {"count": skipped}))
    warnings.append(Problem("ids_generated", "The file has no id column; rows are keyed by their place.", {}))
    return [SourceRow(row.number, {**row.values, "id": f"row-{place}"}) for place, row in enumerate(kept, start=1)]


def _check(row: SourceRow, problems: Problems) -> None:
    for column in ("input", "context", "prompt"):
        if not isinstance(row.values.get(column), str | None):
            _wrong(row, column, "is not text", problems)
    messages = row.values.get("messages")
    if messages is not None and not _are_messages(messages):
        _wrong(row, "messages", "is not a list of objects with a role and a content", problems)
    if not isinstance(row.values.get("schema"), dict | bool | None):
        _wrong(row, "schema", "is not a JSON Schema (an object, true or false)", problems)
    if not isinstance(row.values.get("tools"), list | None):
        _wrong(row, "tools", "is not a list", problems)


def _are_messages(messages: object) -> bool:
    return (
        isinstance(messages, list)
        and bool(messages)
        and all(isinstance(one, dict) and isinstance(one.get("role"), str) and "content" in one for one in messages)
    )


def _wrong(row: SourceRow, column: str, what: str, problems: Problems) -> None:
    problems.add(
        "value_invalid",
        f"Row {row.number}: {column} {what}.",
        {"row": row.number, "column": column},
    )


def _refuse_unasked(rows: Sequence[SourceRow], seen: Mapping[str, int], *, problems: Problems) -> None:
    if not any(column in seen for column in ASKS):
        require("input", seen, problems=problems)
        return
    silent = [row.number for row in rows if not any(row.values.get(column) for column in ASKS)]
    refuse_blank(
        "input_missing",
        "A model needs an input, a prompt or messages.",
        "input",
        silent,
        problems=problems,
    )


def _warn_conflicts(rows: Sequence[SourceRow], warnings: list[Problem]) -> None:
    """The same question with another reference makes one of the two unreachable for any model."""
    first: dict[bytes, SourceRow] = {}
    pairs: list[tuple[int, int]] = []
    for row in rows:
        asked = [row.values.get(column) for column in (*ASKS, "context")]
        if not any(asked):
            continue
        other = first.setdefault(
            digest.canonical([" ".join(a.split()) if isinstance(a, str) else a for a in asked]), row
        )
        if other is not row and other.values.get("reference") != row.values.get("reference"):
            pairs.append((other.number, row.number))
    if pairs:
        rows_of = f"rows {pairs[0][0]} and {pairs[0][1]}"
        more = f", and {len(pairs) - 1} more pairs" if len(pairs) > 1 else ""
        detail = f"The same input has different references in {rows_of}{more}."
        warnings.append(Problem("conflicting_rows", detail, {"rows": list(pairs[0]), "count": len(pairs)}))


def _example(
    values: Mapping[str, object], *, key: str, cohort: str, high_value: bool, cluster: str | None
) -> GoldenExample:
    stated = values.get("high_value")
    return GoldenExample(
        key=key,
        cohort=cohort,
        high_value=high_value if stated is None else bool(stated),
        input=values.get("input"),  # type: ignore[arg-type]
        context=values.get("context"),  # type: ignore[arg-type]
        reference=values.get("reference"),
        prompt=values.get("prompt"),  # type: ignore[arg-type]
        messages=values.get("messages"),  # type: ignore[arg-type]
        schema=values.get("schema"),
        tools=values.get("tools"),  # type: ignore[arg-type]
        extra={column: value for column, value in values.items() if column not in _FIELDS},
        cluster=cluster,
    )
