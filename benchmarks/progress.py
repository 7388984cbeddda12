"""A look at a run of a million stored answers: from its tallies, beside the same figures counted from its rows.

    python -m benchmarks.progress [--answers 1000000]

Makes a scratch database, fills it by generate_series (some minutes), drops it. Prints a Markdown table: the median of
five rounds in turn, and beside it what the look costs at a hundredth of the answers.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from benchmarks.scratch import scratch_run

ROUNDS, EXAMPLES = 5, 400
# Rows with their calls: two sides to each example, as often as it takes.
FILL = (
    """INSERT INTO evals_generation (id, organization_id, created_at, run_id, example_id, role, repeat, output,
        finish_reason, fault, usage_estimated, latency_ms, cost_usd, answered_by, fingerprint, request_digest)
    SELECT gen_random_uuid(), e.organization_id, now(), %(run)s, e.id, role, repeat, 'text', 'stop',
        CASE WHEN random() < 0.01 THEN 'upstream_failed' ELSE '' END, false, 500, 0.001, '', '', ''
    FROM datasets_example e, unnest(ARRAY['teacher', 'student']) role, generate_series(%(first)s, %(last)s) repeat
    WHERE e.version_id = %(version)s""",
    """INSERT INTO evals_score (id, organization_id, created_at, generation_id, evaluator, value, reason, detail)
    SELECT gen_random_uuid(), organization_id, now(), id, 'evaluator-00',
        CASE WHEN fault = '' THEN floor(5 * random()) / 4 END, fault, ''
    FROM evals_generation WHERE run_id = %(run)s AND repeat BETWEEN %(first)s AND %(last)s""",
    """INSERT INTO evals_attempt (id, organization_id, created_at, run_id, batch_id, token, example_id, role, repeat,
        evaluator, number, request_digest, worst_usd, outcome, ended_at, cost_usd, unconfirmed_usd)
    SELECT gen_random_uuid(), g.organization_id, now(), g.run_id, b.id, 1, g.example_id, g.role, g.repeat, '', 1, '',
        0.01, CASE WHEN g.fault = '' THEN 'answered' ELSE g.fault END, now(), 0.001, 0
    FROM evals_generation g, (SELECT id FROM evals_batch WHERE run_id = %(run)s LIMIT 1) b
    WHERE g.run_id = %(run)s AND g.repeat BETWEEN %(first)s AND %(last)s""",
)
# What a look asked for before there were tallies.
COUNT = (
    """SELECT fault, count(*), count(*) FILTER (WHERE role = 'teacher'), count(*) FILTER (WHERE role = 'student'),
        sum(cost_usd), count(*) FILTER (WHERE cost_usd IS NULL AND fault = ''),
        count(*) FILTER (WHERE reused_from IS NOT NULL), max(created_at),
        count(*) FILTER (WHERE created_at > statement_timestamp() - interval '20 s')
    FROM evals_generation WHERE run_id = %(run)s GROUP BY fault""",
    """SELECT g.fault, s.reason, count(*), count(*) FILTER (WHERE s.value IS NULL), sum(s.judge_cost_usd)
    FROM evals_score s JOIN evals_generation g ON g.id = s.generation_id WHERE g.run_id = %(run)s
    GROUP BY g.fault, s.reason""",
    """SELECT count(*), count(*) FILTER (WHERE ended_at IS NULL), sum(cost_usd), sum(unconfirmed_usd),
        sum(worst_usd) FILTER (WHERE ended_at IS NULL) FROM evals_attempt WHERE run_id = %(run)s""",
    "SELECT stage, count(*) FILTER (WHERE is_done), count(*) FROM evals_batch WHERE run_id = %(run)s GROUP BY stage",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=1_000_000)
    repeats = max(100, parser.parse_args().answers // (2 * EXAMPLES))
    with scratch_run(EXAMPLES, answers=False) as (who, run):
        print("| answers stored | from tallies, ms | from rows, ms | ratio |\n|--:|--:|--:|--:|", flush=True)
        for first, last in ((0, repeats // 100 - 1), (repeats // 100, repeats - 1)):
            _fill(who, run, first, last)
            kept, counted = _measured(who, run)
            answers = 2 * EXAMPLES * (last + 1)
            print(f"| {answers:,} | {kept:.1f} | {counted:,.1f} | {counted / kept:,.0f} |", flush=True)


def _fill(who: object, run: object, first: int, last: int) -> None:
    # Models can be imported only once Django knows its database.
    from django.db import connection  # noqa: PLC0415

    from apps.evals.models import EvalRun  # noqa: PLC0415
    from apps.tenancy.acting import acting  # noqa: PLC0415

    with acting(who), connection.cursor() as cursor:  # type: ignore[arg-type]
        cursor.execute("SET LOCAL statement_timeout = 0")
        wanted = {"run": run.id, "version": run.dataset_version_id, "first": first, "last": last}  # type: ignore[attr-defined]
        for statement in FILL:
            cursor.execute(statement, wanted)
        EvalRun.objects.filter(pk=run.id).update(repeats=last + 1)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _measured(who: object, run: object) -> tuple[float, float]:
    """Milliseconds of a look, from tallies and from rows, in turn."""
    from django.db import connection  # noqa: PLC0415

    from apps.evals.models import EvalRun  # noqa: PLC0415
    from apps.evals.progress import progress  # noqa: PLC0415
    from apps.evals.store import tallies  # noqa: PLC0415
    from apps.tenancy.acting import acting  # noqa: PLC0415

    def look() -> None:
        progress(EvalRun.objects.select_related("suite_version").get(pk=run.id))  # type: ignore[attr-defined]

    def count() -> None:
        with connection.cursor() as cursor:
            for statement in COUNT:
                cursor.execute(statement, {"run": run.id})  # type: ignore[attr-defined]
                cursor.fetchall()

    took: dict[Callable[[], None], list[float]] = {look: [], count: []}
    with acting(who), connection.cursor() as cursor:  # type: ignore[arg-type]
        cursor.execute("SET LOCAL statement_timeout = 0")
        for _ in range(ROUNDS):
            for act, times in took.items():
                begun = time.perf_counter()
                act()
                times.append((time.perf_counter() - begun) * 1000)
        assert tallies.differences(EvalRun.objects.get(pk=run.id)) == {}  # type: ignore[attr-defined] # noqa: S101
    return statistics.median(took[look]), statistics.median(took[count])


if __name__ == "__main__":
    main()
