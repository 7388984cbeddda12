"""Cohorts as a golden file declares them: one name, one flag and one traffic weight each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.kernel.errors import Problem
from apps.kernel.reading.columns import refuse_blank, require
from apps.kernel.reading.refusal import Problems, escaped, listed, quoted
from apps.kernel.reading.rows import SourceRow

NAME_LENGTH = 100
# The whole set is written "*" in every scorecard, so no cohort may be.
GLOBAL = "*"
# Smallest n that can prove a loss below the margin with no regression at all: ceil(ln 0.05 / ln(1 - margin)),
# at the margins of the release policy, 1 point for high-value cohorts and 3 points for the others.
HIGH_VALUE_ROWS = 299
COHORT_ROWS = 99


@dataclass(frozen=True, slots=True)
class GoldenCohort:
    """A named slice: rows ≥ 1; the weights of all cohorts sum to 1.

    A cohort is high-value if any row says so, for the stricter margin can only be asked of a cohort as a whole;
    ``contradicting`` counts its rows that say otherwise.
    """

    name: str
    rows: int
    high_value: bool
    weight: float
    contradicting: int = 0


def names_of(rows: Sequence[SourceRow], seen: Mapping[str, int], *, problems: Problems) -> list[str]:
    """The cohort of each row without blanks around it; an unusable one is an empty text.

    Notes column_missing, cohort_missing, cohort_name_invalid and cohort_ambiguous.
    """
    if not require("cohort", seen, problems=problems):
        return ["" for _ in rows]
    names: list[str] = []
    blank: list[int] = []
    spelled: dict[str, tuple[str, int]] = {}
    reported: set[str] = set()
    for row in rows:
        given = row.values.get("cohort")
        name = given if isinstance(given, str) else ""
        if given is None or given == "":
            blank.append(row.number)
        elif wrong := _wrong(given):
            problems.add(
                "cohort_name_invalid",
                f"Row {row.number}: the cohort {quoted(given)} {wrong}.",
                {"row": row.number, "column": "cohort"},
            )
            name = ""
        else:
            other, first = spelled.setdefault(_folded(name), (name, row.number))
            if other != name and name not in reported:
                reported.add(name)
                problems.add(
                    "cohort_ambiguous",
                    f"The cohorts {quoted(other)} (row {first}) and {quoted(name)} (row {row.number}) "
                    "differ only by case or space.",
                    {"row": row.number, "rows": [first, row.number], "column": "cohort"},
                )
        names.append(name.strip())
    refuse_blank("cohort_missing", "Every row needs a cohort.", "cohort", blank, problems=problems)
    return names


def cohorts_of(
    rows: Sequence[SourceRow], names: Sequence[str], *, problems: Problems
) -> tuple[tuple[GoldenCohort, ...], str]:
    """The cohorts in order of first appearance, and where their weights are from: ``declared`` or ``row_share``.

    Notes value_invalid, weight_mixed, weight_missing and weight_invalid.
    """
    members: dict[str, list[SourceRow]] = {}
    for row, name in zip(rows, names, strict=True):
        if name:
            members.setdefault(name, []).append(row)
    flags = {name: _flag(inside, problems) for name, inside in members.items()}
    weights = {name: _weight(name, inside, problems) for name, inside in members.items()}
    declared = {name: weight for name, weight in weights.items() if weight is not None}
    total = math.fsum(declared.values())
    for name in members if declared else ():
        if name not in declared:
            problems.add(
                "weight_missing",
                f"The cohort {quoted(name)} has no traffic_weight, but others have. Give all of them one, or none.",
                {"row": members[name][0].number, "column": "traffic_weight", "cohort": escaped(name)},
            )
    if declared and not 0 < total < math.inf:
        problems.add("weight_invalid", "The traffic weights add up to nothing usable.", {"column": "traffic_weight"})
    usable = len(declared) == len(members) and 0 < total < math.inf
    count = sum(len(inside) for inside in members.values())
    shares = {name: declared[name] / total if usable else len(inside) / count for name, inside in members.items()}
    cohorts = tuple(
        GoldenCohort(name, len(inside), flags[name][0], shares[name], flags[name][1])
        for name, inside in members.items()
    )
    return cohorts, "declared" if usable else "row_share"


def warnings_of(cohorts: Sequence[GoldenCohort]) -> tuple[Problem, ...]:
    """What the gate will not be able to prove with these cohorts, said before money is spent."""
    warnings = []
    if not any(cohort.high_value for cohort in cohorts):
        warnings.append(
            Problem("high_value_absent", "No cohort is marked high_value, so no high-value rule can be decided.", {})
        )
    for cohort in cohorts:
        if cohort.contradicting:
            detail = (
                f"The cohort {quoted(cohort.name)} is high-value in {cohort.rows - cohort.contradicting} rows and not "
                f"in {cohort.contradicting}; all of it is held to the high-value margin. Name two cohorts to part them."
            )
            warnings.append(Problem("high_value_mixed", detail, {"cohort": cohort.name, "rows": cohort.contradicting}))
        if cohort.high_value and cohort.rows < HIGH_VALUE_ROWS:
            detail = (
                f"The high-value cohort {quoted(cohort.name)} has {cohort.rows} rows; at least {HIGH_VALUE_ROWS} are "
                "needed to show a loss of at most 1 point even with no regression."
            )
            warnings.append(Problem("underpowered", detail, {"cohort": cohort.name, "rows": cohort.rows}))
        if not cohort.high_value and cohort.rows < COHORT_ROWS:
            detail = (
                f"The cohort {quoted(cohort.name)} has {cohort.rows} rows; at least {COHORT_ROWS} are needed to show "
                "a loss of at most 3 points even with no regression."
            )
            warnings.append(Problem("cohort_small", detail, {"cohort": cohort.name, "rows": cohort.rows}))
    return tuple(warnings)


def _wrong(given: object) -> str:
    if not isinstance(given, str):
        return "is not text"
    if not given.strip() or not given.isprintable() or len(given) > NAME_LENGTH:
        return f"is not 1 to {NAME_LENGTH} printable characters"
    return "is the sign for all cohorts together" if given.strip() == GLOBAL else ""


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _flag(rows: Sequence[SourceRow], problems: Problems) -> tuple[bool, int]:
    """Whether any row is high-value, and how many rows say they are not although another says it is."""
    said = {True: 0, False: 0}
    for row in rows:
        flag = row.values.get("high_value")
        if isinstance(flag, bool):
            said[flag] += 1
        elif flag is not None:
            problems.add(
                "value_invalid",
                f"Row {row.number}: high_value is {quoted(flag)}, not true or false.",
                {"row": row.number, "column": "high_value"},
            )
    return said[True] > 0, said[False] if said[True] else 0


def _weight(name: str, rows: Sequence[SourceRow], problems: Problems) -> float | None:
    first: dict[float, int] = {}
    for row in rows:
        weight = row.values.get("traffic_weight")
        if isinstance(weight, int | float) and not isinstance(weight, bool) and 0 <= weight < math.inf:
            first.setdefault(float(weight), row.number)
        elif weight is not None:
            problems.add(
                "value_invalid",
                f"Row {row.number}: traffic_weight is {quoted(weight)}, not a finite number of 0 or more.",
                {"row": row.number, "column": "traffic_weight"},
            )
    if len(first) > 1:
        places = sorted(first.values())
        problems.add(
            "weight_mixed",
            f"The cohort {quoted(name)} has different traffic weights in {listed(places)}.",
            {"row": places[1], "rows": places[:20], "column": "traffic_weight"},
        )
    return next(iter(first), None)
