"""A run is worked through to its end, whatever its batches meet on the way."""

from __future__ import annotations

from collections import Counter

from apps.evals import coordinate
from apps.evals.models import Batch, EvalRun, Generation, Score
from apps.evals.progress import progress
from apps.kernel import lifecycle, plan
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.store.test_leases import claimed, expire
from tests.factories import runs
from tests.fakes import upstream


def test_recorded_answers_are_scored_and_the_run_completes(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project, wrong=["row-0001", "row-0002"])
    assert coordinate.work(ada.who, run.id, seconds=60) is True
    with acting(ada.who):
        run.refresh_from_db()
        assert run.status == lifecycle.COMPLETED
        assert run.finished_at is not None
        by_role = Score.objects.values_list("generation__role", "value")
        assert Counter(by_role) == {("teacher", 1.0): 6, ("student", 1.0): 4, ("student", 0.0): 2}


def test_working_on_a_finished_run_changes_nothing(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    assert coordinate.work(ada.who, run.id, seconds=60)
    assert coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        assert Generation.objects.count() == 12


def test_a_cancelled_run_is_not_worked_on(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        coordinate.move(run, to=lifecycle.CANCELLED, because="test", finished_at=run.created_at)
    coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        assert Generation.objects.count() == 0


def test_live_models_are_asked_and_priced(project: Project, ada: Person) -> None:
    def rule(request: dict) -> str:
        text = request["messages"][-1]["content"].replace("question", "answer")
        return "nonsense" if request["model"] == "small" and text.endswith("3") else text

    with upstream.serving(rule) as server:
        with acting(ada.who):
            run = live_run(project, server.base_url)
        assert coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        answers = Generation.objects.filter(run=run)
        assert answers.count() == 12
        assert answers.filter(scores__value=0.0).values_list("example__key", "role").get() == ("row-0003", "student")
        # 10 tokens in at $1 and 2 out at $2 a million.
        assert {str(cost) for cost in answers.values_list("cost_usd", flat=True)} == {"0.000014000"}
        assert progress(run).spend_usd == 12 * answers[0].cost_usd
    assert sum(server.calls.values()) == 12


def live_run(project: Project, base_url: str) -> EvalRun:
    return runs.evals.start_run(
        project,
        dataset=runs.pinned(project),
        teacher=runs.live(project, "big", base_url),
        student=runs.live(project, "small", base_url),
        suite=runs.suite(project),
    )


def test_a_transport_fault_is_missing_and_never_a_zero(project: Project, ada: Person) -> None:
    def rule(request: dict) -> str | int:
        return 400 if request["messages"][-1]["content"].endswith(" 2") else "answer"

    with upstream.serving(rule) as server:
        with acting(ada.who):
            run = live_run(project, server.base_url)
        assert coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        failed = Generation.objects.filter(run=run, example__key="row-0002")
        assert {(answer.fault, answer.output) for answer in failed} == {("upstream_bad_request", None)}
        scores = Score.objects.filter(generation__in=failed)
        assert {(score.value, score.reason) for score in scores} == {(None, "upstream_bad_request")}
        assert progress(run).faults == {"upstream_bad_request": 2}


def test_a_poison_batch_ends_as_missing_and_the_run_completes(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        for _ in range(plan.LOSSES_TO_END):
            expire(claimed(run))
    assert coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        assert set(Generation.objects.values_list("fault", flat=True)) == {"worker_lost"}
        assert set(Score.objects.values_list("value", "reason")) == {(None, "worker_lost")}


def test_while_another_worker_holds_a_batch_the_run_is_not_declared_done(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        claimed(run)
    assert coordinate.work(ada.who, run.id, seconds=60) is False
    with acting(ada.who):
        assert not EvalRun.objects.get(pk=run.pk).finished_at
        assert Batch.objects.filter(is_done=False).count() == 1
