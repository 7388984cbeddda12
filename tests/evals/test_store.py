"""Leases, fencing tokens and writes that a late or repeated worker cannot double."""

from __future__ import annotations

import pytest
from django.db import connection

from apps.evals import execute, loading, store
from apps.evals.models import Batch, Generation, Score
from apps.kernel.evaluators.contract import Outcome
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs


def expire(batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE evals_batch SET leased_until = now() - interval '1 second' WHERE id = %s", [batch.id])


def answered(work: execute.Work, *, output: str = "x") -> list[execute.Answered]:
    score = (execute.Scored("ExactMatch", Outcome(1.0)),)
    return [
        execute.Answered(task.example_id, arm.role, output, "", "stop", None, 5.0, None, "m", score)
        for task in work.tasks
        for arm in work.arms
    ]


def test_a_leased_batch_is_not_handed_out_again_until_its_lease_ends(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        batch = store.claim(run.id)
        assert batch is not None
        assert store.claim(run.id) is None
        expire(batch)
        again = store.claim(run.id)
        assert again is not None
        assert (again.id, again.token) == (batch.id, batch.token + 1)


def test_a_late_workers_results_are_refused_whole(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        late = loading.work_of(store.claim(run.id))
        expire(Batch.objects.get(run=run))
        timely = loading.work_of(store.claim(run.id))
        assert store.keep(timely, answered(timely, output="timely")) is True
        assert store.keep(late, answered(late, output="late")) is False
        assert set(Generation.objects.values_list("output", flat=True)) == {"timely"}
        assert Generation.objects.count() == 12


def test_the_same_results_twice_are_kept_once(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loading.work_of(store.claim(run.id))
        store.keep(work, answered(work))
        Batch.objects.filter(run=run).update(is_done=False)
        store.keep(work, answered(work, output="again"))
        assert (Generation.objects.count(), Score.objects.count()) == (12, 12)
        assert set(Generation.objects.values_list("output", flat=True)) == {"x"}


def test_a_released_batch_can_be_taken_at_once(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loading.work_of(store.claim(run.id))
        store.release(work)
        assert store.is_claimable(run.id)


def test_a_nul_in_an_answer_is_kept_visibly(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        work = loading.work_of(store.claim(run.id))
        store.keep(work, answered(work, output="a\x00b"))
        assert Generation.objects.first().output == "a\u2400b"


def test_a_batch_that_keeps_killing_its_worker_is_given_up(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        for _ in range(store.ATTEMPTS):
            batch = store.claim(run.id)
            assert not store.is_given_up(batch)
            expire(batch)
        assert store.is_given_up(store.claim(run.id))


def test_a_stranger_claims_nothing(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    with acting(cy.who):
        assert store.claim(run.id) is None


@pytest.mark.parametrize("output", ["", "\ud83d\ude00 emoji", "x" * 100_000])
def test_any_text_a_model_wrote_is_kept_as_it_is(project: Project, ada: Person, output: str) -> None:
    output = output.encode("utf-16", "surrogatepass").decode("utf-16")
    with acting(ada.who):
        run = runs.started(project)
        work = loading.work_of(store.claim(run.id))
        store.keep(work, answered(work, output=output))
        assert Generation.objects.first().output == output
