"""One slice in one process: its calls, its pauses, its end, and rows that break it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.evals import actions, coordinate
from apps.evals.models import Attempt, Batch, EvalRun, Generation, Score
from apps.evaluators import actions as evaluators
from apps.inference.client import Client
from apps.kernel import lifecycle
from apps.kernel.chat import ChatRequest
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.store.test_leases import expire
from tests.factories import runs
from tests.fakes.provider import FakeClient, Rule

URL = "http://127.0.0.1:9/v1"


def right(request: ChatRequest) -> str:
    return request.messages[-1].content.replace("question", "answer")


def client_of(rule: Rule) -> type[Client]:
    return lambda: FakeClient(rule, allow=["127.0.0.1:*"])  # type: ignore[return-value]


def started(project: Project, rows: int = 6, *, judged: bool = False, **terms: object) -> EvalRun:
    suite = runs.suite(project)
    if judged:
        judge = runs.live(project, "judge", URL)
        facts = evaluators.configure(project, name="Facts", kind="factual_accuracy", judge_version_id=judge.id)
        suite = evaluators.freeze_suite(project, slug="judged", entries=[evaluators.Entry(facts)])
    return actions.start_run(
        project,
        dataset=runs.pinned(project, runs.golden_rows(rows)),
        teacher=runs.live(project, "big", URL, max_tokens=20),
        student=runs.live(project, "small", URL, max_tokens=20),
        suite=suite,
        **terms,  # type: ignore[arg-type]
    )


def test_every_call_has_its_attempt_with_its_cost(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project)
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(right))
    with acting(ada.who):
        attempts = Attempt.objects.filter(run=run)
        assert set(attempts.values_list("outcome", flat=True)) == {"answered"}
        assert attempts.count() == Generation.objects.filter(run=run).count() == 12
        assert all(0 < attempt.cost_usd < attempt.worst_usd for attempt in attempts)


def test_repeats_are_kept_apart_and_a_seed_is_sent_for_each(project: Project, ada: Person) -> None:
    seeds: list[object] = []

    def rule(request: ChatRequest) -> str:
        seeds.append(request.parameters["seed"])
        return "x"

    with acting(ada.who):
        run = started(project, 2, repeats=3, seed=7)
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(rule))
    with acting(ada.who):
        found = Generation.objects.filter(run=run).values_list("example__key", "role", "repeat")
        assert len(set(found)) == len(found) == 12
    assert sorted(seeds) == sorted([7, 8, 9] * 4)


def test_judges_are_asked_once_the_answers_are_in(project: Project, ada: Person) -> None:
    order: list[str] = []

    def rule(request: ChatRequest) -> str:
        order.append(request.model)
        return '{"score": 1, "reason": "r"}' if request.model == "judge" else "answer"

    with acting(ada.who):
        run = started(project, 4, judged=True)
        assert [batch.is_ready for batch in Batch.objects.filter(run=run).order_by("stage")] == [True, False]
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(rule))
    assert order[8:] == ["judge"] * 8
    with acting(ada.who):
        assert Score.objects.filter(generation__run=run, value=1.0).count() == 8
        assert Attempt.objects.filter(run=run, evaluator="Facts", role="student").count() == 4


def test_a_paused_run_sends_nothing_more_and_goes_on_when_resumed(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project)
        actions.pause_run(run, because="lunch")
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(right)) is False
    with acting(ada.who):
        assert Attempt.objects.count() == 0
        actions.resume_run(run)
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(right))


def test_a_slice_that_must_end_gives_back_what_it_did_not_send(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project, 40)
    done = coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(right), must_end=lambda: "others_wait")
    with acting(ada.who):
        kept = Generation.objects.filter(run=run).count()
        assert not Batch.objects.filter(run=run, is_done=False).exclude(leased_until=None).exists()
        assert not Attempt.objects.filter(run=run, ended_at=None).exists()
    assert done is (kept == 80)
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(right))


def test_a_spent_budget_pauses_the_run_by_itself(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project, 40, budget_usd=Decimal("0.0005"))
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(right)) is False
    with acting(ada.who):
        run.refresh_from_db()
        assert (run.status, run.paused_because) == (lifecycle.PAUSED, "budget_spent")
        assert run.spent_usd <= run.budget_usd
        assert run.reserved_usd == 0
        assert 0 < Generation.objects.filter(run=run).count() < 80


def test_a_row_that_breaks_every_slice_ends_alone(project: Project, ada: Person) -> None:
    def rule(request: ChatRequest) -> str:
        if request.messages[-1].content.endswith(" 3") and request.model == "small":
            raise ZeroDivisionError
        return right(request)

    with acting(ada.who):
        run = started(project)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(rule))
        with acting(ada.who):
            expire(Batch.objects.get(run=run))
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(rule))
    with acting(ada.who):
        lost = Generation.objects.filter(run=run).exclude(fault="")
        assert set(lost.values_list("example__key", "fault")) == {("row-0003", "worker_lost")}
        assert Generation.objects.filter(run=run).count() == 12


def test_a_stranger_works_on_nothing(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = started(project)
    with pytest.raises(EvalRun.DoesNotExist):
        coordinate.work(cy.who, run.id, seconds=60, client_of=client_of(right))
    with acting(ada.who):
        assert Attempt.objects.count() == 0
