"""A worker that dies in the middle of a run costs a lease: nothing is lost, nothing is doubled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db.models import Count

from apps.evals import actions
from apps.evals.models import Batch, EvalRun, Generation, Score
from apps.evals.progress import progress
from apps.gates import actions as gates
from apps.gates.models import GateDecision
from apps.kernel import lifecycle
from apps.kernel.policy import TEMPLATES
from apps.projects import actions as projects
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from tests.conftest import Person, founder
from tests.factories import runs
from tests.fakes import upstream
from tests.worker import Worker, own_broker

ROWS = 120
LEASE_S = 3


@pytest.fixture
def eve(committed: None) -> Person:
    name = f"chaos-{uuid4().hex[:8]}"
    return founder(f"{name}@example.test", name)


@pytest.fixture
def broker() -> Iterator[str]:
    with own_broker() as url:
        yield url


def start(eve: Person, base_url: str) -> EvalRun:
    with acting(eve.who):
        project = projects.open_project(slug="chaos")
        gates.save_policy(project, slug="release", document=TEMPLATES["release"])
        return actions.start_run(
            project,
            dataset=runs.pinned(project, runs.golden_rows(ROWS)),
            teacher=runs.live(project, "big", base_url),
            student=runs.live(project, "small", base_url),
            suite=runs.suite(project),
            policy_slug="release",
        )


def wait_for(eve: Person, run: EvalRun, *, answers: int, seconds: float) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with acting(eve.who):
            run.refresh_from_db()
            count = Generation.objects.filter(run=run).count()
            decided = GateDecision.objects.filter(scorecard__run=run).exists()
        if count >= answers and (answers < 2 * ROWS or decided):
            return count
        time.sleep(0.05)
    raise AssertionError(f"{count} answers after {seconds} s, wanted {answers}; run is {run.status}")


@pytest.mark.chaos
def test_a_killed_worker_loses_and_doubles_nothing(
    eve: Person, broker: str, database_name: str, tmp_path: Path
) -> None:
    def rule(request: dict) -> str:
        return request["messages"][-1]["content"].replace("question", "answer")

    with upstream.serving(rule, latency_s=0.05) as server:
        environment = {"DISTILLHUB_EVAL_LEASE_SECONDS": str(LEASE_S)}
        first = Worker(tmp_path, database=database_name, broker=broker, environment=environment)
        run = start(eve, server.base_url)
        at_kill = wait_for(eve, run, answers=40, seconds=30)
        first.kill()
        assert at_kill < 2 * ROWS, "the run ended before the worker could be killed"
        second = Worker(tmp_path, database=database_name, broker=broker, environment=environment)
        try:
            wait_for(eve, run, answers=2 * ROWS, seconds=60)
        finally:
            second.stop()

    with acting(eve.who):
        assert run.status == lifecycle.COMPLETED
        answers = Generation.objects.filter(run=run)
        assert answers.count() == 2 * ROWS
        assert not answers.values("example", "role").annotate(times=Count("id")).filter(times__gt=1).exists()
        assert not answers.exclude(fault="").exists()
        assert Score.objects.filter(generation__run=run, value=1.0).count() == 2 * ROWS
        assert not Batch.objects.filter(run=run, is_done=False).exists()
        assert Scorecard.objects.filter(run=run).count() == 1
        assert progress(run).share_done == 1.0
    # What the dead worker had asked and not stored is asked again: at most the batches it held, and never a third time.
    again = [count for count in server.calls.values() if count > 1]
    assert max(server.calls.values()) <= 2
    assert len(again) <= 2 * 2 * 8
