"""A budget's two sums, and what a dead worker leaves in them."""

from __future__ import annotations

from decimal import Decimal

from apps.evals.models import Attempt, Batch, EvalRun
from apps.evals.store import purse, rows
from apps.kernel.budget import Room
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.store.test_keeping import opening
from tests.evals.store.test_leases import claimed, expire, loaded
from tests.factories import runs


def test_a_run_without_a_budget_has_room_for_everything_and_books_nothing(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        assert purse.room(run.id, [Decimal(9), None]) == Room(2, is_over=False)
        purse.settle(run.id, rows.Money(Decimal(1), Decimal(1), Decimal(5)))
        run.refresh_from_db()
        assert (run.spent_usd, run.reserved_usd) == (0, 0)


def test_what_a_dead_worker_had_reserved_counts_as_spent(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        EvalRun.objects.filter(pk=run.pk).update(budget_usd="1")
        work = loaded(run)
        asked = opening(work.lease, work.tasks[0].example_id, worst="0.4")
        purse.settle(run.id, rows.keep(run.id, openings=[asked]))
        run.refresh_from_db()
        assert run.reserved_usd == Decimal("0.4")
        expire(Batch.objects.get(run=run))
        claimed(run)
        run.refresh_from_db()
        assert (run.spent_usd, run.reserved_usd) == (Decimal("0.4"), 0)
        assert Attempt.objects.get().outcome == "worker_lost"


def test_what_is_held_for_checks_is_left_to_them(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        EvalRun.objects.filter(pk=run.pk).update(budget_usd="1", held_usd="0.3", spent_usd="0.5")
        wanted = [Decimal("0.1")] * 6
        # Two tenths for answers, and the next never fits; five for checks, of which nothing is kept.
        assert purse.room(run.id, wanted) == Room(2, is_over=False)
        assert purse.room(run.id, wanted, is_check=True) == Room(5, is_over=False)
        EvalRun.objects.filter(pk=run.pk).update(spent_usd="0.7")
        assert purse.room(run.id, wanted) == Room(0, is_over=True)
        assert purse.room(run.id, wanted, is_check=True) == Room(3, is_over=False)
