"""Real workers serve two organizations alike, whatever one of them has asked for."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from apps.evals import actions
from apps.evals.models import EvalRun
from apps.evals.store import tallies
from apps.kernel import lifecycle
from apps.tenancy.acting import acting
from apps.tenancy.models import Share
from tests.chaos import opened, right, start, state, until
from tests.conftest import Person, founder
from tests.factories import runs
from tests.fakes import upstream
from tests.worker import Worker

pytestmark = pytest.mark.chaos

RUNS, ROWS, SMALL = 20, 200, 100
SHORT = {"DISTILLHUB_EVAL_SLICE_SECONDS": "0.5"}


def turns(person: Person) -> int:
    share = Share.objects.filter(organization=person.organization, queue="answering").first()
    return share.turns if share else 0


def test_twenty_large_runs_leave_a_small_one_of_somebody_else_its_half(
    eve: Person, hire: Callable[..., Worker]
) -> None:
    """Two processes on as many workers: what waits in twenty runs of one organization counts as one."""
    name = f"small-{uuid4().hex[:8]}"
    bea = founder(f"{name}@example.test", name)
    with upstream.serving(right, latency_s=0.05) as server:
        project = opened(eve)
        with acting(eve.who):
            plan = {
                "dataset": runs.pinned(project, runs.golden_rows(ROWS)),
                "teacher": runs.live(project, "big", server.base_url, concurrency=2, max_tokens=20),
                "student": runs.live(project, "small", server.base_url, concurrency=2, max_tokens=20),
                "suite": runs.suite(project),
            }
            many = [actions.start_run(project, **plan) for _ in range(RUNS)]
        for _ in range(2):
            hire(processes=1, **SHORT)
        until(lambda: turns(eve) >= 4, seconds=60)
        small = start(bea, server.base_url, SMALL, concurrency=2)
        before = turns(eve)
        until(lambda: state(bea, small) == lifecycle.COMPLETED, seconds=120, says=lambda: (turns(eve), turns(bea)))
        hers, theirs = turns(bea), turns(eve) - before
        with acting(eve.who):
            ended = EvalRun.objects.filter(pk__in=[run.pk for run in many], status=lifecycle.COMPLETED).count()
            begun = {run.pk for run in many if any(key[0] == "answer" for key in tallies.kept(run))}
        print(
            f"fair share: {hers} turns for one run of {SMALL} rows, {theirs} for {RUNS} runs of {ROWS}; {ended} ended"
        )
        assert hers >= 2, "it was over before anything was shared"
        assert hers / (hers + theirs) >= 0.4
        assert ended < RUNS
        assert len(begun) > 2, "runs of one organization take turns among themselves"
        with acting(eve.who):
            for run in many:
                run.refresh_from_db()
                if run.status != lifecycle.COMPLETED:
                    actions.cancel_run(run, because="enough was seen")
