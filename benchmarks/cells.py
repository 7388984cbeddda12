"""A million scores in PostgreSQL become the cells of a scorecard, beside a plain count over the same rows, in one run.

    python -m benchmarks.cells [--examples 83334]

Makes a scratch database, fills it (a minute), drops it. Prints a Markdown table: the median of five rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg

from benchmarks.scratch import EVALUATORS, scratch_run
from tests import database

ROUNDS = 5
GOAL_SECONDS = 1.5
# The least that any answer has to do: read every score of the run and put it into a group.
FLOOR = """
SELECT s.evaluator, s.value, count(*) FROM evals_score s JOIN evals_generation g ON g.id = s.generation_id
WHERE g.run_id = %s GROUP BY 1, 2
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=83_334)
    examples = parser.parse_args().examples
    with scratch_run(examples) as (who, run):
        _settle()
        _print(_measured(who, run), scores=2 * examples * EVALUATORS)


def _measured(who: object, run: object) -> dict[str, float]:
    # Models can be imported only once Django knows its database.
    from django.db import connection  # noqa: PLC0415

    from apps.datasets import queries as datasets  # noqa: PLC0415
    from apps.kernel.scorecard import Cohort, Evaluator, Lines, Unpaired, assemble_lines  # noqa: PLC0415
    from apps.scorecards import assemble, counted  # noqa: PLC0415
    from apps.tenancy.acting import acting  # noqa: PLC0415

    def floor() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '256MB'")
            cursor.execute(FLOOR, [run.id])  # type: ignore[attr-defined]
            cursor.fetchall()

    def cells() -> None:
        lines = counted.outcomes_of(run)  # type: ignore[arg-type]
        assemble_lines(
            Lines(lines, []),
            cohorts=[Cohort(row.name) for row in datasets.cohorts(run.dataset_version)],  # type: ignore[attr-defined]
            evaluators=[Evaluator(entry["name"]) for entry in run.suite_version.entries],  # type: ignore[attr-defined]
            weights_source="row_share",
            unpaired=Unpaired(),
            facts={},
        )

    def whole() -> None:
        _ = assemble.card_of(run).digest  # type: ignore[arg-type]

    with acting(who):  # type: ignore[arg-type]
        return {name: _median(work) for name, work in (("floor", floor), ("cells", cells), ("card", whole))}


def _median(work: Callable[[], None]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _print(seconds: dict[str, float], *, scores: int) -> None:
    print("| what | seconds | × floor |\n|---|--:|--:|")
    for what, name in (
        (f"floor: GROUP BY evaluator, value over the run's {scores:,} scores", "floor"),
        ("**cells** of cohort × evaluator, paired, with what is missing", "cells"),
        ("the whole card: also costs and times of every row, and its digest", "card"),
    ):
        print(f"| {what} | {seconds[name]:.2f} | {seconds[name] / seconds['floor']:.1f} |")
    kept = seconds["cells"] < GOAL_SECONDS
    print(f"\nGoal for the cells: below {GOAL_SECONDS:g} s: {'kept' if kept else '**missed**'}.")


def _settle() -> None:
    """What autovacuum does in the minutes after a run; the planner then knows how many rows there are."""
    url = urlsplit(database.owner_url())._replace(path=f"/{os.environ['DISTILLHUB_DATABASE_NAME']}").geturl()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
