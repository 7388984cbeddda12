"""Open a project."""

from __future__ import annotations

import pytest

from apps.kernel.errors import Conflict, Forbidden, InvalidInput
from apps.projects import actions
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person


def test_a_project_has_its_name_or_its_slug(ada: Person) -> None:
    with acting(ada.who):
        assert actions.open_project(slug="bot", name="Support bot").name == "Support bot"
        assert actions.open_project(slug="other").name == "other"


def test_a_slug_is_taken_once_in_an_organization_and_again_in_another(ada: Person, cy: Person) -> None:
    with acting(ada.who):
        actions.open_project(slug="bot")
        with pytest.raises(Conflict) as refused:
            actions.open_project(slug="bot")
    assert refused.value.code == "slug_taken"
    with acting(cy.who):
        assert actions.open_project(slug="bot").organization_id == cy.organization.id


@pytest.mark.parametrize("slug", ["", "a b", "ä", "a/b", "../x", "x" * 61, "a\x00b", "<script>"])
def test_what_is_no_slug_is_refused_and_nothing_is_kept(ada: Person, slug: str) -> None:
    with acting(ada.who):
        with pytest.raises(InvalidInput) as refused:
            actions.open_project(slug=slug)
        assert refused.value.code == "slug_invalid"
        assert Project.objects.count() == 0


def test_a_member_opens_none(ada: Person) -> None:
    member = person("mel@acme.test", ada.organization, Role.MEMBER)
    with acting(member.who), pytest.raises(Forbidden):
        actions.open_project(slug="mine")
    with acting(ada.who):
        assert Project.objects.count() == 0


def test_a_stranger_sees_and_changes_none(project: Project, ada: Person, cy: Person) -> None:
    with acting(cy.who):
        assert Project._base_manager.count() == 0
        assert Project._base_manager.filter(pk=project.pk).update(name="hers") == 0
        assert Project._base_manager.filter(pk=project.pk).delete()[0] == 0
    with acting(ada.who):
        assert Project.objects.get(pk=project.pk).name == "Support bot"
