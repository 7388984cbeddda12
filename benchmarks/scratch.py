"""A run of any size in a database of its own: examples, two answers each, and their scores, written by the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import django
from django.db import connection

from tests import database

COHORTS, EVALUATORS, SEED = 8, 6, 0.20240611
# Two of three evaluators pass or fail, the third gives a judge's five marks; the student differs on six rows in 100.
_ANSWERS = """
INSERT INTO evals_generation (id, organization_id, created_at, run_id, example_id, role, repeat, output, finish_reason,
    fault, usage_estimated, latency_ms, cost_usd, answered_by, fingerprint, request_digest)
SELECT gen_random_uuid(), organization_id, now(), %(run)s, id, role, 0, 'text', 'stop', '', false,
    round((500 + 2000 * random())::numeric, 3), round((0.0001 + 0.01 * random())::numeric, 9), '', '', ''
FROM datasets_example, unnest(ARRAY['teacher', 'student']) role WHERE version_id = %(version)s
"""
_SCORES = """
INSERT INTO evals_score (id, organization_id, created_at, generation_id, evaluator, value, reason, detail)
SELECT gen_random_uuid(), organization_id, now(), g.id, 'evaluator-0' || number,
    CASE WHEN number %% 3 = 2 THEN floor(5 * random()) / 4 WHEN random() < 0.9 THEN 1 ELSE 0 END, '', ''
FROM evals_generation g, generate_series(0, %(evaluators)s - 1) number WHERE run_id = %(run)s
"""


@contextmanager
def scratch_run(examples: int, *, answers: bool = True) -> Iterator[tuple[object, object]]:
    """(who acts, the run with all its answers or without any), in a scratch database that is dropped afterwards."""
    name = f"distillhub_benchmark_{os.getpid()}"
    database.fresh(name)
    os.environ |= {"DISTILLHUB_DATABASE_NAME": name, "DJANGO_SETTINGS_MODULE": "distillhub.settings"}
    try:
        django.setup()
        yield _filled(examples, answers)
    finally:
        connection.close()
        database.drop(name)


def _filled(examples: int, answers: bool) -> tuple[object, object]:
    # Models can be imported only once Django knows its database.
    from apps.evals import actions as evals  # noqa: PLC0415
    from apps.evaluators import actions as evaluators  # noqa: PLC0415
    from apps.projects import actions as projects  # noqa: PLC0415
    from apps.tenancy.acting import acting  # noqa: PLC0415
    from tests.conftest import founder  # noqa: PLC0415
    from tests.factories import runs  # noqa: PLC0415

    ada = founder("ada@example.test", "benchmark")
    with acting(ada.who), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        project = projects.open_project(slug="benchmark")
        rows = runs.golden_rows(examples, cohorts=[f"cohort-{number}" for number in range(COHORTS)])
        version = runs.pinned(project, rows)
        entries = [
            evaluators.Entry(evaluators.configure(project, name=f"evaluator-0{number}", kind="exact_match"))
            for number in range(EVALUATORS)
        ]
        run = evals.start_run(
            project,
            dataset=version,
            teacher=runs.live(project, "big", "http://127.0.0.1:9"),
            student=runs.live(project, "small", "http://127.0.0.1:9"),
            suite=evaluators.freeze_suite(project, slug="suite", entries=entries),
        )
        wanted: dict[str, UUID | int] = {"run": run.id, "version": version.id, "evaluators": EVALUATORS}
        cursor.execute("SELECT setseed(%s)", [SEED])
        if answers:
            cursor.execute(_ANSWERS, wanted)
            cursor.execute(_SCORES, wanted)
    return ada.who, run
