"""Triggers count what any statement changes, each writer in a lane of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from apps.datasets.models import Example
from apps.evals import coordinate, tallying
from apps.evals.models import Generation, Pulse, Score, Tally
from apps.evals.store import tallies
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs

RUN = UUID("0199aaaa-0000-7000-8000-000000000001")


@contextmanager
def another() -> Iterator[psycopg.Cursor]:
    """A transaction of another session, rolled back afterwards."""
    settings = connection.settings_dict
    with psycopg.connect(
        host=settings["HOST"], port=settings["PORT"], user=settings["USER"], password=settings["PASSWORD"],
        dbname=settings["NAME"],
    ) as session:  # fmt: skip
        with session.cursor() as cursor:
            yield cursor
        session.rollback()


def lane(cursor: object) -> int:
    cursor.execute("SELECT evals_lane(%s)", [RUN])
    return cursor.fetchone()[0]


def test_a_writer_keeps_its_lane_and_others_take_the_next_free_one(db: None) -> None:
    with another() as first, another() as second:
        assert [lane(first), lane(second), lane(first), lane(second)] == [0, 1, 0, 1]
        first.connection.rollback()
        assert lane(second) == 0, "any free one will do: only sums mean something"


def test_beyond_the_last_lane_writers_wait_for_each_other(db: None) -> None:
    with another() as waiting:
        sessions = [another() for _ in range(tallying.LANES)]
        try:
            assert [lane(one.__enter__()) for one in sessions] == list(range(tallying.LANES))
            waiting.execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                lane(waiting)
        finally:
            for one in sessions:
                one.__exit__(None, None, None)


def test_whatever_is_written_changed_or_deleted_is_counted(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    assert coordinate.work(ada.who, run.id, seconds=60)
    with acting(ada.who):
        assert tallies.differences(run) == {}
        one, other = Generation.objects.filter(run=run).order_by("example__key", "role")[:2]
        Generation.objects.filter(pk=one.pk).update(fault="upstream_failed", cost_usd="0.5")
        Score.objects.filter(generation=one).update(value=None, reason="upstream_failed")
        Score.objects.filter(generation=other).update(value=0.25)
        kept = tallies.kept(run)
        assert tallies.differences(run) == {}
        assert kept["answer", one.role, "plain", "", "upstream_failed"][0] == 1
        assert kept["score", one.role, "plain", "ExactMatch", "upstream_failed"][:3] == (1, 1, 1)
        Score.objects.filter(generation__in=[one, other]).delete()
        Generation.objects.filter(pk__in=[one.pk, other.pk]).delete()
        assert tallies.differences(run) == {}
        assert ("answer", one.role, "plain", "", "upstream_failed") not in tallies.kept(run)


def test_a_pulse_counts_answers_and_marks_none_within_ten_seconds(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        for example in Example.objects.all()[:3]:
            Generation.objects.create(run=run, example=example, role="student")
        pulse = Pulse.objects.get(run=run)
    assert (pulse.answered, pulse.marked, pulse.earlier) == (3, 1, 1)
    assert pulse.earlier_at == pulse.marked_at <= pulse.latest_at


def test_a_mark_older_than_ten_seconds_moves_on(project: Project, ada: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
        first, second = Example.objects.all()[:2]
        Generation.objects.create(run=run, example=first, role="student")
        before = Pulse.objects.get(run=run)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE evals_pulse SET marked_at = marked_at - interval '11 s'")
        Generation.objects.create(run=run, example=second, role="student")
        pulse = Pulse.objects.get(run=run)
    assert (pulse.answered, pulse.earlier, pulse.marked) == (2, 1, 2)
    assert (before.marked_at - pulse.earlier_at).total_seconds() == 11.0
    assert pulse.marked_at == pulse.latest_at


def test_a_stranger_has_no_tallies_and_changes_none(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        run = runs.started(project)
    with acting(cy.who):
        assert (tallies.kept(run), list(Tally.objects.all()), list(Pulse.objects.all())) == ({}, [], [])
        tallies.rebuild(run)
    with acting(ada.who):
        assert tallies.kept(run)["planned", "", "plain", "", ""][0] == 3
