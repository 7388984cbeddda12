"""A tenant row is stamped with the acting organization, and found through it only."""

from __future__ import annotations

import pytest
from django.db import models

from apps.projects.models import Project
from apps.registry.models import Model
from apps.tenancy.acting import NotActing, acting
from apps.tenancy.owned import OwnedForeignKey
from tests.conftest import Person


def test_a_row_is_stamped_with_who_acts(ada: Person) -> None:
    with acting(ada.who):
        assert Project.objects.create(slug="p", name="P").organization_id == ada.organization.id


def test_outside_a_block_no_row_can_even_be_made(ada: Person) -> None:
    with pytest.raises(NotActing):
        Project(slug="p", name="P")


def test_a_row_has_a_typed_id_for_the_outside(project: Project) -> None:
    assert project.public_id == f"proj_{project.pk.hex}"


def test_links_between_tenant_tables_leave_the_constraint_to_the_fence() -> None:
    field = Model._meta.get_field("project")
    assert isinstance(field, OwnedForeignKey)
    assert field.db_constraint is False
    assert field.remote_field.on_delete is models.PROTECT
