"""The message about a trial may come twice, late, or for a trial that is no more."""

from __future__ import annotations

import uuid

from apps.projects.models import Project
from apps.registry import actions, tasks
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs
from tests.fakes import upstream


def test_a_message_that_comes_twice_makes_one_call(project: Project, ada: Person) -> None:
    with upstream.serving(lambda _: "yes") as server:
        with acting(ada.who):
            asked = actions.try_version(runs.live(project, "small", server.base_url))
        for _ in range(2):
            tasks.try_version(str(ada.organization.id), str(asked.pk))
        assert sum(server.calls.values()) == 1
    with acting(ada.who):
        asked.refresh_from_db()
        assert asked.words == "It answered: 10 tokens in, 2 out, as the endpoint counts."


def test_a_trial_that_is_no_more_is_nothing_to_do(project: Project, ada: Person) -> None:
    tasks.try_version(str(ada.organization.id), str(uuid.uuid4()))
