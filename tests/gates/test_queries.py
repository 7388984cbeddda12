"""Policies by reference, verdicts newest first."""

from __future__ import annotations

import pytest

from apps.gates import actions, queries
from apps.kernel.errors import NotFound
from apps.kernel.policy import TEMPLATES
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs


@pytest.mark.parametrize("reference", ["release@9", "other", "release@x", "@1", ""])
def test_an_unknown_policy_is_not_found(project: Project, ada: Person, reference: str) -> None:
    with acting(ada.who):
        actions.save_policy(project, slug="release", document=TEMPLATES["release"])
        with pytest.raises(NotFound):
            queries.policy_version(project, reference)


def test_the_newest_verdict_on_a_card_is_the_one_shown(project: Project, ada: Person) -> None:
    first = runs.judged(ada.who, project)
    with acting(ada.who):
        strict = actions.save_policy(project, slug="strict", document=TEMPLATES["strict"])
        second = actions.decide(first.scorecard, version=strict)
        assert queries.latest(first.scorecard).pk == second.pk
        assert [row.pk for row in queries.decisions(project)] == [second.pk, first.pk]


def test_a_policy_reads_back_as_the_value_it_was(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = actions.save_policy(project, slug="release", document=TEMPLATES["release"])
        assert queries.policy_value(version).digest == version.digest
