"""Projects by slug and id; numbers that people say aloud."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from apps.evals.models import EvalRun
from apps.kernel.errors import NotFound
from apps.projects import actions, queries
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person, founder
from tests.factories import runs


def test_a_project_is_found_by_slug_and_a_stranger_finds_none(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        assert queries.project("support").pk == project.pk
    with acting(cy.who):
        assert queries.projects().count() == 0
        with pytest.raises(NotFound) as refused:
            queries.project("support")
    assert refused.value.detail == "There is no project 'support' here."


def test_numbers_start_at_one_and_follow(project: Project, ada: Person) -> None:
    with acting(ada.who):
        assert queries.next_number(project, EvalRun) == 1
        runs.started(project)
        assert queries.next_number(project, EvalRun) == 2


def test_runs_started_at_once_get_numbers_of_their_own(committed: None) -> None:
    name = f"numbers-{threading.get_native_id()}-{id(object())}"
    eve = founder(f"{name}@example.test", name)
    with acting(eve.who):
        project = actions.open_project(slug="p")
        runs.started(project)
    numbers: list[int] = []

    def start() -> None:
        with acting(eve.who):
            numbers.append(runs.started(project).number)
        connection.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == [2, 3, 4, 5]
