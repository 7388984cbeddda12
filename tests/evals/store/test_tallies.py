"""Tallies beside rows: they agree, a disagreement is found, and counting anew mends it."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection
from django.db.models import F

from apps.evals import coordinate
from apps.evals.models import Attempt, Generation, Score, Tally
from apps.evals.progress import progress
from apps.evals.store import tallies
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.evals.test_slice import client_of, right, started


def test_a_worked_run_agrees_and_its_sums_are_those_of_the_rows(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project, judged=True)
    rule = lambda request: '{"score": 1}' if request.model == "judge" else right(request)  # noqa: E731
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(rule))
    with acting(ada.who):
        assert tallies.differences(run) == {}
        kept = tallies.kept(run)
        of = lambda subject: [sums for key, sums in kept.items() if key[0] == subject]  # noqa: E731
        assert sum(sums[0] for sums in of("answer")) == Generation.objects.filter(run=run).count() == 12
        assert sum(sums[0] for sums in of("score")) == Score.objects.filter(generation__run=run).count() == 12
        assert sum(sums[0] for sums in of("call")) == Attempt.objects.filter(run=run).count() == 24
        costs = Attempt.objects.filter(run=run).values_list("cost_usd", flat=True)
        assert sum(sums[6] for sums in of("call")) == sum(costs, Decimal(0)) > 0


def test_what_goes_round_the_triggers_is_found_and_mended(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project)
    assert coordinate.work(ada.who, run.id, seconds=60, client_of=client_of(right))
    with acting(ada.who):
        before = progress(run)
        Tally.objects.filter(run=run, subject="answer").update(count=F("count") + 1)
        Tally.objects.filter(run=run, subject="planned", cohort="gold").delete()
        wrong = tallies.differences(run)
        assert sorted(key[:3] for key in wrong) == [
            ("answer", "student", "gold"), ("answer", "student", "plain"), ("answer", "teacher", "gold"),
            ("answer", "teacher", "plain"), ("planned", "", "gold"),
        ]  # fmt: skip
        kept, counted = wrong["answer", "student", "gold", "", ""]
        assert (kept[0], counted[0]) == (4, 3)
        tallies.rebuild(run)
        assert tallies.differences(run) == {}
        assert progress(run) == before


def test_planned_rows_are_counted_by_cohort_in_one_statement(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = started(project, 5)
        assert {key[2]: sums[0] for key, sums in tallies.kept(run).items()} == {"plain": 3, "gold": 2}
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM evals_tally WHERE run_id = %s", [run.id])
            assert cursor.fetchone() == (2,)
