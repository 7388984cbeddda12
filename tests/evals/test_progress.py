"""Progress is told from rows: by role, stage and cause, with money that is certain and money that is not."""

from __future__ import annotations

from decimal import Decimal

from apps.datasets.models import Example
from apps.evals import coordinate
from apps.evals.models import Attempt, Batch, Generation, Score
from apps.evals.progress import progress
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.test_slice import client_of, right, started


def test_a_worked_run_is_told_by_role_and_stage(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project, judged=True)
    rule = lambda request: '{"score": 1}' if request.model == "judge" else right(request)  # noqa: E731
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(rule))
    with acting(ada.who):
        run.refresh_from_db()
        told = progress(run)
    assert told.roles == {"teacher": 6, "student": 6}
    assert told.stages == {"answering": (1, 1), "judging": (1, 1)}
    assert (told.calls, told.calls_open, told.unconfirmed_usd) == (24, 0, 0)
    assert told.certain_usd == told.spend_usd > 0
    assert (told.faults, told.judge_faults, told.seconds_left_range) == ({}, {}, None)


def test_open_calls_may_cost_their_worst(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project)
        batch = Batch.objects.get(run=run)
        for worst in ("0.25", "0.5"):
            Attempt.objects.create(
                run=run, batch=batch, token=1, example_id=batch.example_ids[0], role="student", worst_usd=worst
            )
        told = progress(run)
    assert (told.certain_usd, told.unconfirmed_usd, told.calls_open) == (0, Decimal("0.75"), 2)


def test_a_stranger_is_told_nothing(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = started(project)
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(right))
    with acting(cy.who):
        told = progress(run)
    assert (told.answered, told.certain_usd, told.stages) == (0, 0, {})


def test_what_is_missing_is_told_by_cause_and_counted_once(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project)
        rows = list(Example.objects.order_by("key")[:3])
        for row, fault in zip(rows, ["upstream_failed", "upstream_failed", ""], strict=True):
            answer = Generation.objects.create(run=run, example=row, role="student", fault=fault)
            reason = fault or "judge_unparsable"
            Score.objects.create(generation=answer, evaluator="Task", value=None, reason=reason)
        Score.objects.create(generation=answer, evaluator="Other", value=1.0)
        told = progress(run)
    assert (told.answered, told.scored, told.missing, told.unpriced_answers) == (3, 4, 3, 1)
    assert (told.faults, told.judge_faults) == ({"upstream_failed": 2}, {"judge_unparsable": 1})
