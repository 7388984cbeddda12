"""Answers that are not asked for twice: the same exact request, and what a retried run had already."""

from __future__ import annotations

from apps.evals import actions, coordinate
from apps.evals.models import Attempt, EvalRun, Generation
from apps.evals.progress import progress
from apps.kernel.chat import ChatRequest
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.test_slice import client_of, right, started
from tests.fakes.provider import Fault


def again(project: Project, run: EvalRun, **terms: object) -> EvalRun:
    return actions.start_run(
        project, dataset=run.dataset_version, teacher=run.teacher, student=run.student, suite=run.suite_version, **terms
    )  # type: ignore[arg-type]


def done(ada: Person, run: EvalRun) -> int:
    """How many calls the run made to its end."""
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(right))
    with acting(ada.who):
        return Attempt.objects.filter(run=run).count()


def test_the_same_request_is_not_sent_again_and_billed_at_list_price(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first = started(project)
    assert done(ada, first) == 12
    with acting(ada.who):
        second = again(project, first, reuse_answers=True)
    assert done(ada, second) == 0
    with acting(ada.who):
        rows = Generation.objects.filter(run=second)
        assert all(row.is_reused and row.cost_usd > 0 and row.scores.count() == 1 for row in rows)
        told = progress(second)
        assert (told.reused, told.certain_usd) == (12, 0)
        assert told.spend_usd == progress(first).spend_usd


def test_nothing_is_reused_unless_asked_for(project: Project, ada: Person) -> None:
    with acting(ada.who):
        first = started(project)
    done(ada, first)
    with acting(ada.who):
        second = again(project, first)
    assert done(ada, second) == 12


def test_another_request_another_repeat_and_a_selection_run_are_not_reused(project: Project, ada: Person) -> None:
    with acting(ada.who):
        chosen = started(project, purpose="selection")
    done(ada, chosen)
    with acting(ada.who):
        evidence = again(project, chosen, reuse_answers=True)
    assert done(ada, evidence) == 12
    with acting(ada.who):
        seeded = again(project, chosen, reuse_answers=True, seed=5)
    assert done(ada, seeded) == 12
    with acting(ada.who):
        repeated = again(project, chosen, reuse_answers=True, repeats=2)
    assert done(ada, repeated) == 12


def test_a_strangers_answers_are_never_taken(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        first = started(project)
    done(ada, first)
    with acting(cy.who):
        theirs = started(opened(), reuse_answers=True)
    assert done(cy, theirs) == 12


def opened() -> Project:
    return projects.open_project(slug="theirs")


def test_a_completed_run_is_retried_as_a_new_one_that_asks_for_failures_alone(project: Project, ada: Person) -> None:
    def rule(request: ChatRequest) -> str | Fault:
        return Fault("upstream_bad_request") if request.messages[-1].content.endswith(" 2") else right(request)

    with acting(ada.who):
        first = started(project)
    assert coordinate.work(ada.who, first.id, seconds=60, client_of=client_of(rule))
    with acting(ada.who):
        second = actions.retry_failed(first, because="the endpoint was fixed")
        assert (second.number, second.retry_of) == (2, first.id)
    assert done(ada, second) == 2
    with acting(ada.who):
        assert Generation.objects.filter(run=second, fault="").count() == 12
        assert Generation.objects.filter(run=first).exclude(fault="").count() == 2
