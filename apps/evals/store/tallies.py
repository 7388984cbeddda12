"""The tallies of a run beside its rows: planned at its start, compared, and counted anew. Triggers keep them else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from apps.evals import so_far, tallying
from apps.evals.models import EvalRun, Tally
from apps.tenancy.acting import current

Key = tuple[str, str, str, str, str]
"""Subject, role, cohort, evaluator, code."""
Sums = tuple[Decimal, ...]
"""As ``tallying.SUMS`` names them."""

NOTHING: Sums = (Decimal(0),) * len(tallying.SUMS)
SOURCES = {
    "evals_attempt": "SELECT 1 AS sign, {columns} FROM evals_attempt WHERE run_id = %(run)s",
    "evals_generation": "SELECT 1 AS sign, {columns} FROM evals_generation WHERE run_id = %(run)s",
    "evals_score": "SELECT 1 AS sign, {columns} FROM evals_score "
    "WHERE generation_id IN (SELECT id FROM evals_generation WHERE run_id = %(run)s)",
    "evals_likelihood": "SELECT 1 AS sign, {columns} FROM evals_likelihood "
    "WHERE generation_id IN (SELECT id FROM evals_generation WHERE run_id = %(run)s)",
}


def plan(run: EvalRun) -> None:
    """Note how many examples of each cohort the run's batches hold."""
    _run(tallying.adding(_planned()), run.id)


def kept(run: EvalRun) -> dict[Key, Sums]:
    """What the tallies say, over all lanes; without what comes to nothing."""
    keys = len(tallying.KEY)
    rows = (astuple(one) for one in so_far.counts(run))
    found = {row[:keys]: tuple(Decimal(value) for value in row[keys:]) for row in rows}
    return {key: values for key, values in found.items() if any(values)}


def counted(run: EvalRun) -> dict[Key, Sums]:
    """What the rows say, counted one by one: O(rows)."""
    found: dict[Key, Sums] = {}
    with connection.cursor() as cursor:
        for statement in (*_counting(), _planned()):
            cursor.execute(statement, _parameters(run.id))
            for _, _, *rest in cursor.fetchall():
                key, values = rest[: len(tallying.KEY)], rest[len(tallying.KEY) :]
                found[tuple(key)] = tuple(Decimal(value) for value in values)
    return {key: values for key, values in found.items() if any(values)}


def differences(run: EvalRun) -> Mapping[Key, tuple[Sums, Sums]]:
    """Tallies that the rows do not bear out, as (kept, counted). Empty, unless somebody went round the triggers.

    Both are read in one snapshot only where nobody writes meanwhile, or the transaction is a repeatable read.
    """
    says, holds = kept(run), counted(run)
    keys = {key for key in (*says, *holds) if says.get(key) != holds.get(key)}
    return {key: (says.get(key, NOTHING), holds.get(key, NOTHING)) for key in keys}


def rebuild(run: EvalRun) -> None:
    """Count the run anew. Its writers wait meanwhile: every lane is held until the transaction ends."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('evals.lane:' || %s::uuid, lane)) "
                "FROM generate_series(0, %s) AS lane",
                [run.id, tallying.LANES - 1],
            )
        Tally.objects.filter(run=run).delete()
        for statement in (*_counting(), _planned()):
            _run(tallying.adding(statement), run.id)


def _counting() -> list[str]:
    found = []
    for table, source in SOURCES.items():
        rows = source.format(columns=tallying.COLUMNS[table])
        found.append(tallying.counted(table, rows))
    return found


def _planned() -> str:
    return tallying.PLANNED.format(which=" AND b.run_id = %(run)s AND b.organization_id = %(organization)s")


def _run(statement: str, run_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, _parameters(run_id))


def _parameters(run_id: UUID) -> dict[str, UUID]:
    return {"run": run_id, "organization": current().organization_id}
