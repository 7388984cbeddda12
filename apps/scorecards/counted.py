"""A run's rows counted by the database: a million scores come back as a few hundred lines (kernel/scorecard/lines.py).

Plain SQL, because Django joins a table to itself only by way of a relation. Nothing is decided here: the lines carry
values, reasons and faults as they are stored. For runs that answered each example once; averages are the kernel's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db import connection

from apps.datasets import queries as datasets
from apps.datasets.models import Example
from apps.evals.models import STUDENT, TEACHER, EvalRun, Generation, Score
from apps.kernel.scorecard import Lines, OutcomeLine, TrafficLine
from apps.kernel.scorecard.clusters import cluster_id
from apps.tenancy.acting import current

_NAMES = {model.__name__.lower(): f'"{model._meta.db_table}"' for model in (Generation, Score, Example)}
# Hash joins over a million rows that do not fit are written to disk and take twice as long. Until the transaction ends.
_MEMORY = "SET LOCAL work_mem = '256MB'"

# The reason and the fault matter only where there is no value; without them most lines fall together.
_SCORED = """(
    SELECT g.example_id, s.evaluator, s.value,
        CASE WHEN s.value IS NULL THEN s.reason END AS reason, CASE WHEN s.value IS NULL THEN g.fault END AS fault
    FROM {generation} g JOIN {score} s ON s.generation_id = g.id WHERE g.run_id = %(run)s AND g.role = %({role})s
)"""
# Joined as it is, without a WITH, and with nothing looked up row by row, the whole runs on parallel workers that count
# before they report. An arm without a score has neither value nor reason here; ``_ONE_SIDED`` says why.
_OUTCOMES = """
SELECT e.cohort_id, evaluator, {cluster}, {key}, t.value, t.reason, t.fault, s.value, s.reason, s.fault, count(*)
FROM {teacher} t FULL JOIN {student} s USING (example_id, evaluator) JOIN {example} e ON e.id = example_id
WHERE %(keys)s::text[] IS NULL OR e.key = ANY(%(keys)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
# Where an arm has no score its answer's fault stands for it; where it has no answer either this is no row.
_ONE_SIDED = """
SELECT e.cohort_id, evaluator, {cluster}, {key}, t.value, t.reason, CASE WHEN t.example_id IS NULL THEN g.fault
    ELSE t.fault END, s.value, s.reason, CASE WHEN s.example_id IS NULL THEN g.fault ELSE s.fault END, count(*)
FROM {teacher} t FULL JOIN {student} s USING (example_id, evaluator) JOIN {example} e ON e.id = example_id
JOIN {generation} g ON g.run_id = %(run)s AND g.example_id = e.id
    AND g.role = CASE WHEN t.example_id IS NULL THEN %(teacher)s ELSE %(student)s END
WHERE (t.example_id IS NULL OR s.example_id IS NULL) AND (%(keys)s::text[] IS NULL OR e.key = ANY(%(keys)s))
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
_TRAFFIC = """
SELECT e.cohort_id, t.fault, t.finish_reason, t.cost_usd, t.latency_ms, t.first_token_ms,
    s.fault, s.finish_reason, s.cost_usd, s.latency_ms, s.first_token_ms
FROM {generation} t JOIN {generation} s ON s.run_id = t.run_id AND s.example_id = t.example_id AND s.role = %(student)s
JOIN {example} e ON e.id = t.example_id
WHERE t.run_id = %(run)s AND t.role = %(teacher)s AND (%(keys)s::text[] IS NULL OR e.key = ANY(%(keys)s))
"""


def lines_of(run: EvalRun, keys: Collection[str] | None = None) -> Lines:
    """All lines of a run whose examples were answered once; with ``keys``, of these examples only."""
    return Lines(outcomes=outcomes_of(run, keys), traffic=traffic_of(run, keys))


def outcomes_of(run: EvalRun, keys: Collection[str] | None = None) -> list[OutcomeLine]:
    """Equal outcomes of an evaluator in a cohort (and cluster, where the dataset has them) as one line."""
    return list(_outcomes(run, _names(run), datasets.is_clustered(run.dataset_version), keys))


def traffic_of(run: EvalRun, keys: Collection[str] | None = None) -> list[TrafficLine]:
    """Cost, times and endings of every example that both arms answered."""
    names = _names(run)
    return [
        TrafficLine._make((names[cohort_id], *sides, 1))
        for cohort_id, *sides in _rows(_TRAFFIC.format(**_NAMES), run, keys)
    ]


def _names(run: EvalRun) -> dict[UUID, str]:
    return dict(datasets.cohorts(run.dataset_version).values_list("id", "name"))


def _outcomes(
    run: EvalRun, names: dict[UUID, str], clustered: bool, keys: Collection[str] | None
) -> Iterator[OutcomeLine]:
    parts = {role: _SCORED.format(role=role, **_NAMES) for role in (TEACHER, STUDENT)}
    cluster, key = ("e.cluster", "CASE WHEN e.cluster = '' THEN e.key END") if clustered else ("NULL", "NULL")
    found, one_sided = [], False
    for line in _rows(_OUTCOMES.format(cluster=cluster, key=key, **parts, **_NAMES), run, keys):
        if _has_both(line):
            found.append(line)
        else:
            one_sided = True
    if one_sided:
        found += _rows(_ONE_SIDED.format(cluster=cluster, key=key, **parts, **_NAMES), run, keys)
    named = any(line[2] for line in found)
    for cohort_id, evaluator, cluster_name, row_key, *sides, rows in found:
        group = cluster_id(cluster_name or None, key=row_key or "") if named else None
        yield OutcomeLine._make((names[cohort_id], evaluator, group, *sides, rows))


def _has_both(line: tuple[Any, ...]) -> bool:
    """A score has a value or a reason, be it empty; where both are NULL there was none to join."""
    return all(line[place] is not None or line[place + 1] is not None for place in (4, 7))


def _rows(sql: str, run: EvalRun, keys: Collection[str] | None = None) -> list[tuple[Any, ...]]:
    current()  # raises outside an acting block, where the database would show no row and say nothing
    with connection.cursor() as cursor:
        cursor.execute(_MEMORY)
        chosen = None if keys is None else list(keys)
        cursor.execute(sql, {"run": run.id, TEACHER: TEACHER, STUDENT: STUDENT, "keys": chosen})
        return cursor.fetchall()
