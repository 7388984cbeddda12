"""What the migration operations do to a table, tried on tables of our own as the owner of a scratch database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import errors, sql

from apps.projects.models import Project
from apps.registry.models import Model
from apps.tenancy.fence import AppendOnly, Fence, RefuseWhen
from distillhub.embedded import services
from tests import database

A, B = "0199aaaa-0000-7000-8000-000000000001", "0199bbbb-0000-7000-8000-000000000002"


@pytest.fixture(scope="module")
def scratch() -> Iterator[str]:
    """A migrated database that these tests may alter as its owner."""
    name = f"distillhub_fence_{os.getpid()}"
    database.fresh(name)
    yield name
    database.drop(name)


def connection(name: str, *, owner: bool) -> psycopg.Connection:
    state = services.ensure()
    url = urlsplit(state.database_owner_url if owner else state.database_url)._replace(path=f"/{name}").geturl()
    return psycopg.connect(url, autocommit=True)


@pytest.fixture
def tables(scratch: str) -> Iterator[None]:
    """A project and a model table of both tenants without fences, rows written by the owner."""
    with connection(scratch, owner=True) as owner:
        for statement in (
            "DROP TABLE IF EXISTS registry_model, projects_project CASCADE",
            "CREATE TABLE projects_project (id uuid PRIMARY KEY, organization_id uuid NOT NULL, slug text)",
            "CREATE TABLE registry_model (id uuid PRIMARY KEY, organization_id uuid, project_id uuid, slug text)",
            f"INSERT INTO projects_project VALUES ('{A}', '{A}', 'a'), ('{B}', '{B}', 'b')",
        ):
            owner.execute(statement)
    yield
    with connection(scratch, owner=True) as owner:
        owner.execute("DROP FUNCTION IF EXISTS projects_project_append_only, projects_project_refuse_when CASCADE")


def run(scratch: str, statements: list[str]) -> None:
    with connection(scratch, owner=True) as owner:
        for statement in statements:
            owner.execute(statement)


def seen(scratch: str, organization: str | None, *, owner: bool = False) -> list[str]:
    with connection(scratch, owner=owner) as session, session.transaction():
        if organization:
            session.execute("SELECT set_config('distillhub.organization_id', %s, true)", [organization])
        return sorted(slug for (slug,) in session.execute("SELECT slug FROM projects_project"))


def test_without_the_fence_a_table_leaks_and_with_it_it_does_not(scratch: str, tables: None) -> None:
    assert seen(scratch, A) == ["a", "b"]
    run(scratch, Fence("Project").statements(Project))
    assert (seen(scratch, A), seen(scratch, B), seen(scratch, None)) == (["a"], ["b"], [])


def test_the_fence_holds_the_owner_too(scratch: str, tables: None) -> None:
    run(scratch, Fence("Project").statements(Project))
    assert seen(scratch, A, owner=True) == ["a"]


def test_a_second_policy_by_mistake_cannot_widen_what_is_seen(scratch: str, tables: None) -> None:
    run(scratch, [*Fence("Project").statements(Project), "CREATE POLICY oops ON projects_project USING (true)"])
    assert seen(scratch, A) == ["a"]


def test_a_link_into_another_tenant_is_refused_by_the_composite_key(scratch: str, tables: None) -> None:
    run(scratch, [*Fence("Project").statements(Project), *Fence("Model").statements(Model)])
    insert = sql.SQL("INSERT INTO registry_model VALUES (gen_random_uuid(), {}, {}, 'm')")
    with connection(scratch, owner=False) as session:
        with session.transaction():
            session.execute("SELECT set_config('distillhub.organization_id', %s, true)", [A])
            session.execute(insert.format(A, A))
        with pytest.raises(errors.ForeignKeyViolation), session.transaction():
            session.execute("SELECT set_config('distillhub.organization_id', %s, true)", [A])
            session.execute(insert.format(A, B))


def test_the_fence_can_be_taken_down_again(scratch: str, tables: None) -> None:
    fence = Fence("Project")
    run(scratch, [*fence.statements(Project), *fence.undo(Project)])
    assert seen(scratch, None) == ["a", "b"]
    run(scratch, fence.statements(Project))
    assert seen(scratch, None) == []


@pytest.mark.parametrize(
    "statement", ["UPDATE projects_project SET slug = 'x'", "DELETE FROM projects_project", "TRUNCATE projects_project"]
)
@pytest.mark.parametrize("owner", [False, True])
def test_append_only_refuses_everybody(scratch: str, tables: None, statement: str, owner: bool) -> None:
    run(scratch, AppendOnly("Project").statements(Project))
    with connection(scratch, owner=owner) as session, pytest.raises(errors.InsufficientPrivilege):
        session.execute(statement)
    assert seen(scratch, None) == ["a", "b"]


def test_a_refusal_holds_while_its_condition_does(scratch: str, tables: None) -> None:
    refuse = RefuseWhen("Project", condition="OLD.slug = 'a'", because="a is final")
    run(scratch, refuse.statements(Project))
    with connection(scratch, owner=False) as session:
        with pytest.raises(errors.InsufficientPrivilege, match="a is final"):
            session.execute("UPDATE projects_project SET slug = 'x' WHERE slug = 'a'")
        session.execute("UPDATE projects_project SET slug = 'c' WHERE slug = 'b'")
    assert seen(scratch, None) == ["a", "c"]


def test_operations_write_themselves_back_into_a_migration() -> None:
    refuse = RefuseWhen("Project", condition="true", because="no", on="INSERT")
    name, arguments, options = refuse.deconstruct()
    again = {"RefuseWhen": RefuseWhen}[name](*arguments, **options)
    assert (again.model_name, again.condition, again.because, again.on) == ("Project", "true", "no", "INSERT")
    assert Fence("Project").describe() == "Fence Project by organization"
