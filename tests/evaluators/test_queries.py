"""Evaluators by name, suites by slug, number or id."""

from __future__ import annotations

import pytest

from apps.evaluators import actions, queries
from apps.evaluators.actions import Entry
from apps.kernel.errors import NotFound
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person


def test_references_find_the_version_they_name(project: Project, ada: Person) -> None:
    with acting(ada.who):
        a = actions.configure(project, name="A", kind="exact_match")
        b = actions.configure(project, name="B", kind="exact_match")
        first = actions.freeze_suite(project, slug="s", entries=[Entry(a)])
        second = actions.freeze_suite(project, slug="s", entries=[Entry(b)])
        assert queries.evaluator(project, "A").pk == a.pk
        assert queries.suite_version(project, "s").pk == second.pk
        assert queries.suite_version(project, "s@1").pk == first.pk
        assert queries.suite_version(project, first.public_id).pk == first.pk
        assert [str(row) for row in queries.suite_versions(project)] == ["s@2", "s@1"]


@pytest.mark.parametrize("reference", ["s@3", "t", "", "sv_00", "s@", "@1", "s@99999999999"])
def test_anything_else_is_not_found(project: Project, ada: Person, reference: str) -> None:
    with acting(ada.who):
        actions.freeze_suite(
            project, slug="s", entries=[Entry(actions.configure(project, name="A", kind="exact_match"))]
        )
        with pytest.raises(NotFound):
            queries.suite_version(project, reference)


def test_another_project_and_another_organization_find_none(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who):
        actions.configure(project, name="A", kind="exact_match")
        elsewhere = projects.open_project(slug="elsewhere")
        with pytest.raises(NotFound):
            queries.evaluator(elsewhere, "A")
    with acting(cy.who), pytest.raises(NotFound):
        queries.evaluator(project, "A")
