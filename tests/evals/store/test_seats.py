"""Of many messages for a seat one finds work; a lost one is sent again."""

from __future__ import annotations

from datetime import timedelta

from apps.evals.models import Seat
from apps.evals.store import leases, seats
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.ids import new_id
from tests.conftest import Person
from tests.factories import runs

STAGE = "answering"


def test_a_message_is_answered_once(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        me = new_id()
        assert seats.sit(run.id, STAGE, number=0, ring=1, holder=me)
        assert not seats.sit(run.id, STAGE, number=0, ring=1, holder=new_id())
        assert Seat.objects.get(run=run, number=0).holder == me


def test_a_seat_is_rung_for_once_until_it_is_answered_or_the_message_is_old(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        assert not seats.ring(run.id, STAGE), "started_run rang"
        Seat.objects.filter(run=run).update(rung_at=run.created_at - timedelta(seconds=seats.LOST_AFTER_S + 1))
        assert seats.ring(run.id, STAGE)
        assert seats.sit(run.id, STAGE, number=0, ring=1, holder=new_id()), "the old message came after all"
        assert not seats.sit(run.id, STAGE, number=0, ring=2, holder=new_id())
        assert seats.ring(run.id, STAGE)


def test_a_seat_is_taken_while_its_holder_has_a_lease(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        me = new_id()
        seats.sit(run.id, STAGE, number=0, ring=1, holder=me)
        leases.claim(run.id, holder=me)
        assert not seats.ring(run.id, STAGE)
        assert not seats.sit(run.id, STAGE, number=0, ring=9, holder=new_id())
        assert seats.ring(run.id, STAGE, number=1)


def test_a_stranger_takes_no_seat(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    with acting(cy.who):
        assert not seats.sit(run.id, STAGE, number=0, ring=1, holder=new_id())
        assert not seats.ring(run.id, STAGE, number=1)
