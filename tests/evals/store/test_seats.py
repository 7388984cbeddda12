"""Of many messages for a seat one finds work; a lost one is sent again; runs take turns."""

from __future__ import annotations

from datetime import timedelta

from apps.evals import actions
from apps.evals.models import EvalRun, Seat
from apps.evals.store import leases, seats
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.ids import new_id
from tests.conftest import Person
from tests.evals import test_slice
from tests.factories import runs

STAGE = "answering"


def test_a_seat_is_taken_once(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        me = new_id()
        assert seats.has_waiting(STAGE)
        taken = seats.take(STAGE, holder=me)
        assert (taken.run_id, taken.number) == (run.id, 0)
        assert seats.take(STAGE, holder=new_id()) is None
        assert not seats.has_waiting(STAGE)
        assert Seat.objects.get(run=run, number=0).holder == me


def test_a_seat_is_rung_for_once_until_it_is_answered_or_the_message_is_old(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        assert not seats.ring(run.id, STAGE), "started_run rang"
        Seat.objects.filter(run=run).update(rung_at=run.created_at - timedelta(seconds=seats.LOST_AFTER_S + 1))
        assert seats.ring(run.id, STAGE)
        assert seats.take(STAGE, holder=new_id()), "the old message came after all"
        assert seats.take(STAGE, holder=new_id()) is None, "and the new one finds nobody waiting"
        assert seats.ring(run.id, STAGE)


def test_a_seat_is_taken_while_its_holder_has_a_lease(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        me = new_id()
        assert seats.take(STAGE, holder=me)
        leases.claim(run.id, holder=me)
        assert not seats.ring(run.id, STAGE)
        Seat.objects.filter(run=run, number=0).update(rung=9)
        assert seats.take(STAGE, holder=new_id()) is None
        assert seats.ring(run.id, STAGE, number=1)


def test_of_several_runs_the_one_served_longest_ago_is_next(project: Project, ada: Person) -> None:
    with acting(ada.who):
        many = [test_slice.started(project, 2)]
        many += [_again(many[0]) for _ in range(2)]
        order = [seats.take(STAGE, holder=new_id()).run_id for _ in range(3)]
        assert order == [run.id for run in many], "never served: in the order in which they asked"
        for run in reversed(many):
            assert seats.ring(run.id, STAGE)
        assert seats.ring(many[0].id, STAGE, number=1)
        for number, run in enumerate((many[1], many[2], many[0])):
            served = run.created_at + timedelta(seconds=number)
            Seat.objects.filter(run=run, number=0).update(served_at=served)
        order = [seats.take(STAGE, holder=new_id()).run_id for _ in range(4)]
        assert order[:2] == [many[1].id, many[2].id]
        assert set(order[2:]) == {many[0].id}


def test_a_run_that_stands_still_is_passed_over(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        actions.pause_run(run)
        assert seats.take(STAGE, holder=new_id()) is None


def test_a_stranger_takes_no_seat(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    with acting(cy.who):
        assert seats.take(STAGE, holder=new_id()) is None
        assert not seats.has_waiting(STAGE)
        assert not seats.ring(run.id, STAGE, number=1)


def _again(run: EvalRun) -> EvalRun:
    return actions.start_run(
        run.project, dataset=run.dataset_version, teacher=run.teacher, student=run.student, suite=run.suite_version
    )
