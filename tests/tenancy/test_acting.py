"""Nobody reaches a row without acting, and nobody acts for two organizations at once."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError, ProgrammingError

from apps.kernel.errors import Forbidden
from apps.projects.models import Project
from apps.tenancy.acting import AlreadyActing, NotActing, acting, current, require
from apps.tenancy.permissions import Permission
from apps.tenancy.queries import as_machine
from tests.conftest import Person


def raw_count() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM projects_project")
        return cursor.fetchone()[0]


def test_the_suite_itself_runs_as_the_plain_role(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user, current_user")
        assert cursor.fetchone() == ("distillhub_app", "distillhub_app")


def test_outside_a_block_the_manager_raises_and_sql_sees_nothing(project: Project) -> None:
    with pytest.raises(NotActing):
        Project.objects.count()
    assert raw_count() == 0


def test_a_stranger_sees_no_row_through_manager_or_sql(project: Project, cy: Person) -> None:
    with acting(cy.who):
        assert Project.objects.filter(pk=project.pk).count() == 0
        assert Project._base_manager.count() == 0
        assert raw_count() == 0


def test_a_stranger_changes_and_deletes_nothing(project: Project, ada: Person, cy: Person) -> None:
    with acting(cy.who):
        assert Project._base_manager.filter(pk=project.pk).update(name="mine") == 0
        assert Project._base_manager.filter(pk=project.pk).delete()[0] == 0
    with acting(ada.who):
        assert Project.objects.get(pk=project.pk).name == "Support bot"


def test_a_row_for_another_organization_is_refused(ada: Person, cy: Person) -> None:
    with acting(cy.who), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Project.objects.create(organization=ada.organization, slug="planted", name="planted")


def test_a_row_cannot_be_moved_to_another_organization(project: Project, ada: Person, cy: Person) -> None:
    with acting(ada.who), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(organization=cy.organization)


def test_a_link_into_a_strangers_row_is_refused_by_the_composite_key(project: Project, cy: Person) -> None:
    statement = (
        "INSERT INTO registry_model (id, organization_id, created_at, project_id, slug) "
        "VALUES (gen_random_uuid(), %s, now(), %s, 'm')"
    )
    with acting(cy.who), pytest.raises(IntegrityError, match="owned"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement, [cy.organization.id, project.pk])


def test_the_same_organization_nests_and_another_raises(ada: Person, cy: Person) -> None:
    with acting(ada.who) as outer:
        with acting(as_machine(ada.organization.id, "worker")) as inner:
            assert inner is outer
        with pytest.raises(AlreadyActing), acting(cy.who):
            pass
        assert current() is outer


def test_after_a_block_postgres_has_forgotten_the_organization(project: Project, ada: Person) -> None:
    with acting(ada.who):
        assert raw_count() == 1
    assert raw_count() == 0


def test_an_error_inside_a_block_leaves_nothing_behind(project: Project, ada: Person) -> None:
    with pytest.raises(ZeroDivisionError), acting(ada.who):
        Project.objects.create(slug="half", name="half written")
        raise ZeroDivisionError
    assert raw_count() == 0
    with acting(ada.who):
        assert Project.objects.count() == 1


def test_a_missing_permission_is_named(ada: Person) -> None:
    with acting(as_machine(ada.organization.id, "worker")), pytest.raises(Forbidden) as refused:
        require(Permission.DECIDE)
    assert refused.value.code == "permission_missing"
    assert refused.value.where["permission"] == "decide"
