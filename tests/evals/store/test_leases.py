"""Leases, fencing tokens, and what a dead worker leaves behind."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection

from apps.evals import loading
from apps.evals.execute.work import WORKER_LOST, Lease, Work
from apps.evals.models import JUDGING, Attempt, Batch, EvalRun
from apps.evals.store import leases
from apps.kernel import plan
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.ids import new_id
from tests.conftest import Person
from tests.factories import runs

ME = new_id()


def claimed(run: EvalRun, **how: object) -> Batch:
    batch = leases.claim(run.id, holder=ME, **how)  # type: ignore[arg-type]
    assert batch is not None
    return batch


def expire(batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE evals_batch SET leased_until = now() - interval '1 second' WHERE id = %s", [batch.id])


def loaded(run: EvalRun, batch: Batch | None = None) -> Work:
    return loading.work_of(batch or claimed(run), run, loading.frame_of(run))


def opened(run: EvalRun, batch: Batch, example: str) -> Attempt:
    return Attempt.objects.create(run=run, batch=batch, token=batch.token, example_id=UUID(example), role="student")


def test_a_leased_batch_is_not_handed_out_again_until_its_lease_ends(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        batch = claimed(run)
        assert leases.claim(run.id, holder=new_id()) is None
        expire(batch)
        again = claimed(run)
        assert (again.id, again.token) == (batch.id, batch.token + 1)


def test_a_lease_that_was_taken_over_stands_no_more(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        batch = claimed(run)
        mine = Lease(batch.id, batch.token)
        assert leases.standing(run.id, [mine]) == ({mine}, "PLANNED")
        expire(batch)
        again = claimed(run)
        newer = Lease(again.id, again.token)
        assert leases.standing(run.id, [mine, newer])[0] == {newer}


def test_a_renewed_lease_runs_on(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        batch = claimed(run)
        expire(batch)
        leases.renew([Lease(batch.id, batch.token)])
        assert leases.claim(run.id, holder=new_id()) is None


def test_a_released_batch_can_be_taken_at_once_and_nobody_is_suspect(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        batch = claimed(run)
        leases.release([Lease(batch.id, batch.token)])
        assert claimed(run).losses == {}


def test_what_was_open_when_a_worker_died_is_suspect_and_perhaps_billed(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        batch = claimed(run)
        example = batch.example_ids[2]
        attempt = opened(run, batch, example)
        Attempt.objects.filter(pk=attempt.pk).update(worst_usd="0.5")
        expire(batch)
        assert claimed(run).losses == {example: 1}
        attempt.refresh_from_db()
        assert (attempt.outcome, attempt.cost_usd, str(attempt.unconfirmed_usd)) == (WORKER_LOST, 0, "0.500000000")
        assert attempt.ended_at is not None


def test_where_nothing_was_open_every_row_of_the_batch_is_suspect(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        batch = claimed(run)
        expire(batch)
        assert claimed(run).losses == dict.fromkeys(batch.example_ids, 1)


def test_a_row_lost_twice_is_tried_alone_and_three_times_is_given_up(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        example = claimed(run).example_ids[0]
        for _ in range(2):
            batch = Batch.objects.get(run=run)
            opened(run, batch, example)
            expire(batch)
            claimed(run)
        batch = Batch.objects.get(run=run)
        assert (batch.needs_care, batch.losses) == (True, {example: 2})
        assert loaded(run, batch).alone == (example,)
        leases.try_alone(Lease(batch.id, batch.token), example)
        expire(batch)
        batch = claimed(run)
        assert (batch.needs_care, batch.losses, batch.trying) == (False, {example: plan.LOSSES_TO_END}, None)
        assert loaded(run, batch).lost == {example}


def test_a_row_hit_again_while_other_workers_die_is_tried_on(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        example = claimed(run).example_ids[0]
        died = [str(new_id()) for _ in range(plan.LOSSES_TO_END)]
        Batch.objects.create(run=run, position=1, example_ids=[example], is_done=True, lost_with=died)
        for count in range(1, plan.LOSSES_TO_END):
            batch = Batch.objects.get(run=run, position=0)
            opened(run, batch, example)
            expire(batch)
            again = leases.claim(run.id, holder=new_id())
            assert again is not None
            assert (again.losses, len(again.lost_with)) == ({example: count}, count)
        assert loaded(run, Batch.objects.get(run=run, position=0)).alone == (example,)


def test_what_a_worker_died_with_waits_behind_what_nobody_died_with(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        lost = claimed(run)
        fresh = Batch.objects.create(run=run, position=1, example_ids=lost.example_ids)
        expire(lost)
        assert [claimed(run).id, claimed(run).id] == [fresh.id, lost.id]
        expire(fresh)
        leases.release([Lease(lost.id, lost.token + 1)])
        # Both were lost once, and the other was leased less often.
        assert [claimed(run).id, claimed(run).id] == [fresh.id, lost.id]


def test_a_batch_that_needs_care_is_nothing_for_a_busy_worker(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        Batch.objects.filter(run=run).update(needs_care=True)
        assert leases.claim(run.id, holder=ME, is_busy=True) is None
        assert claimed(run).needs_care


def test_judging_waits_for_the_answers_of_its_position(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        answering = claimed(run)
        Batch.objects.create(run=run, stage=JUDGING, position=0, example_ids=answering.example_ids, is_ready=False)
        assert leases.claim(run.id, holder=ME, stages=(JUDGING,)) is None
        leases.finish([Lease(answering.id, answering.token)])
        assert claimed(run, stages=(JUDGING,)).stage == JUDGING
        assert leases.has_open_batches(run.id)


def test_a_stranger_claims_and_ends_nothing(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        batch = claimed(run)
    mine = Lease(batch.id, batch.token)
    with acting(cy.who):
        assert leases.claim(run.id, holder=ME) is None
        with pytest.raises(EvalRun.DoesNotExist):
            leases.standing(run.id, [mine])
        leases.finish([mine])
        leases.release([mine])
    with acting(ada.who):
        batch = Batch.objects.get(pk=batch.pk)
        assert (batch.is_done, batch.holder) == (False, ME)
