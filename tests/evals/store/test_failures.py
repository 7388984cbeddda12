"""What failed by a fault is asked for again, and nothing else is touched."""

from __future__ import annotations

from apps.evals import coordinate
from apps.evals.models import Batch, EvalRun, Generation, Score
from apps.evals.store import failures, tallies
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs


def worked(project: Project, ada: Person) -> EvalRun:
    with acting(ada.who):
        run = runs.started(project)
    coordinate.work(ada.who, run.id, seconds=60)
    return run


def test_only_faults_that_asking_again_can_mend_are_failures(project: Project, ada: Person) -> None:
    run = worked(project, ada)
    with acting(ada.who):
        ids = list(Generation.objects.filter(run=run).values_list("id", flat=True))
        Generation.objects.filter(pk=ids[0]).update(fault="rate_limited")
        Generation.objects.filter(pk=ids[1]).update(fault="input_missing")
        assert failures.of(run).answers == {ids[0]}


def test_reopening_takes_out_the_failed_rows_alone(project: Project, ada: Person) -> None:
    run = worked(project, ada)
    with acting(ada.who):
        row = Generation.objects.filter(run=run).first()
        Generation.objects.filter(pk=row.pk).update(fault="worker_lost")
        Batch.objects.filter(run=run).update(losses={str(row.example_id): 3})
        failures.reopen(run, failures.of(run))
        assert (Generation.objects.count(), Score.objects.count()) == (11, 11)
        batch = Batch.objects.get(run=run)
        assert (batch.is_done, batch.losses) == (False, {})
        assert tallies.differences(run) == {}


def test_a_stranger_sees_no_failures(project: Project, ada: Person, cy: Person) -> None:
    run = worked(project, ada)
    with acting(ada.who):
        Generation.objects.filter(run=run).update(fault="rate_limited")
        suite = run.suite_version
    with acting(cy.who):
        run.suite_version = suite
        assert failures.of(run).count == 0
