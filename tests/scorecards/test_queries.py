"""Cards are found by number or id within their project."""

from __future__ import annotations

import pytest

from apps.kernel.errors import NotFound
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.scorecards import queries
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.factories import runs


def test_a_card_is_found_by_number_and_id_and_by_its_run(project: Project, ada: Person) -> None:
    row = runs.sealed(ada.who, project)
    with acting(ada.who):
        assert queries.scorecard(project, 1).pk == queries.scorecard(project, row.public_id).pk == row.pk
        assert queries.of_run(row.run).pk == row.pk
        assert queries.value(row).digest == row.digest


def test_a_card_of_another_project_or_organization_is_not_found(project: Project, ada: Person, cy: Person) -> None:
    row = runs.sealed(ada.who, project)
    with acting(ada.who):
        elsewhere = projects.open_project(slug="elsewhere")
        with pytest.raises(NotFound):
            queries.scorecard(elsewhere, row.public_id)
    with acting(cy.who):
        hers = projects.open_project(slug="support")
        for reference in ("1", row.public_id):
            with pytest.raises(NotFound):
                queries.scorecard(hers, reference)
