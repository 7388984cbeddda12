"""Who may read the trail, and whose."""

from __future__ import annotations

import pytest

from apps.audit import queries
from apps.kernel.errors import Forbidden
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person


def test_the_trail_is_newest_first_and_a_subjects_story_oldest_first(project: Project, ada: Person) -> None:
    with acting(ada.who):
        assert [event.sequence for event in queries.events()] == [1, 0]
        story = queries.trail_of("projects.project", project.pk)
        assert [event.event for event in story] == ["project.opened"]
        assert queries.event_of("projects.project", project.pk, "project.opened") == story[0]
        assert story[0].sequence == 1
        assert queries.event_of("projects.project", project.pk, "project.closed") is None


def test_a_member_reads_no_trail(project: Project, ada: Person) -> None:
    member = person("mel@acme.test", ada.organization, Role.MEMBER)
    with acting(member.who), pytest.raises(Forbidden):
        queries.events()


def test_each_organization_has_a_chain_of_its_own(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        hers = queries.verify()
    with acting(cy.who):
        other = queries.verify()
    assert (hers.events, other.events) == (2, 1)
    assert hers.whole
    assert other.whole
    assert hers.head != other.head
