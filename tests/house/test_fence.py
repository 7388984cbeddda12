"""Every tenant table stands behind the wall, and every other table on a list with its reason."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from apps.tenancy.fence import IS_OURS
from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey

# Tables without an organization, each with the reason why nobody's rows are in it.
OUTSIDE = {
    "accounts_user": "a person may belong to several organizations; found by e-mail or id only",
    "accounts_user_groups": "Django's own, unused: permissions come from memberships",
    "accounts_user_user_permissions": "Django's own, unused: permissions come from memberships",
    "auth_group": "Django's own, unused",
    "auth_group_permissions": "Django's own, unused",
    "auth_permission": "Django's own list of model permissions",
    "axes_accessattempt": "failed sign-ins, before anybody is known",
    "axes_accessattemptexpiration": "failed sign-ins, before anybody is known",
    "axes_accessfailurelog": "failed sign-ins, before anybody is known",
    "axes_accesslog": "sign-ins, before an organization is chosen",
    "django_admin_log": "Django's own; the admin changes nothing here",
    "django_content_type": "Django's own list of models",
    "django_migrations": "Django's own list of migrations",
    "django_session": "found by a secret key only",
    "tenancy_apikey": "found by prefix before an organization is known; lists filter by organization",
    "tenancy_membership": "says which organizations a person may act for",
    "tenancy_organization": "the wall itself",
    "tenancy_share": "how long each organization was served, read before anybody acts; no row can be told from it",
}

# Tables that hold many rows of one run, written while it goes on (KeyFirst).
LARGE = ["evals_attempt", "evals_generation", "evals_score", "evals_likelihood"]

TENANT_MODELS = [
    model for model in apps.get_models() if issubclass(model, OrganizationOwned) and not model._meta.abstract
]


def ask(statement: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def squeezed(expression: str) -> str:
    """Postgres prints a policy in its own spelling; only letters, digits and operators matter."""
    return "".join(character for character in expression.lower() if character not in " ()\"'").replace("::text", "")


def test_every_table_is_fenced_or_on_the_list(db: None) -> None:
    tables = {name for (name,) in ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    fenced = {model._meta.db_table for model in TENANT_MODELS}
    assert tables - fenced - set(OUTSIDE) == set()
    assert set(OUTSIDE) - tables == set(), "stale lines"
    assert len(fenced) >= 20


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_the_fence_is_enabled_forced_and_restrictive(db: None, model: type[OrganizationOwned]) -> None:
    table = model._meta.db_table
    assert ask("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", table) == [(True, True)]
    policies = ask(
        "SELECT policyname, permissive, cmd, qual, with_check FROM pg_policies WHERE tablename = %s ORDER BY 1", table
    )
    assert [(name, permissive, command) for name, permissive, command, _, _ in policies] == [
        ("open_inside", "PERMISSIVE", "ALL"),
        ("tenant", "RESTRICTIVE", "ALL"),
    ]
    for expression in policies[1][3:]:
        assert "organization_id=select" in squeezed(expression)
        assert "current_settingdistillhub.organization_id,true" in squeezed(expression)
    assert "current_setting('distillhub.organization_id', true)" in IS_OURS


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_every_link_between_tenant_tables_is_a_composite_key(db: None, model: type[OrganizationOwned]) -> None:
    keys = dict(
        ask(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'f' AND conrelid = %s::regclass",
            model._meta.db_table,
        )
    )
    for field in model._meta.local_fields:
        target = field.related_model if field.is_relation else None
        if target is None or not issubclass(target, OrganizationOwned):
            continue
        assert isinstance(field, OwnedForeignKey), f"{field} must be an OwnedForeignKey"
        expected = (
            f"FOREIGN KEY (organization_id, {field.column}) REFERENCES {target._meta.db_table}(organization_id, id)"
        )
        assert keys[f"{model._meta.db_table}_{field.column}_owned"].startswith(expected)


@pytest.mark.parametrize("table", LARGE)
def test_no_whole_index_of_a_large_table_begins_with_the_organization(db: None, table: str) -> None:
    """The planner takes an organization that is new to its statistics for empty, and reads all of it through such an

    index, once for each row of a join. An index with a condition of its own is not taken for that.
    """
    whole = ask(
        "SELECT relname, attname FROM pg_index JOIN pg_class c ON c.oid = indexrelid "
        "JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = indkey[0] "
        "WHERE indrelid = %s::regclass AND indpred IS NULL",
        table,
    )
    assert whole
    assert "organization_id" not in {column for _, column in whole}


def test_no_view_and_no_function_runs_with_its_owners_rights(db: None) -> None:
    views = ask("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
    matviews = ask("SELECT matviewname FROM pg_matviews WHERE schemaname = 'public'")
    definers = ask(
        "SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'public' AND prosecdef"
    )
    assert (views, matviews, definers) == ([], [], [])


def test_the_app_role_owns_nothing_and_cannot_truncate(db: None) -> None:
    assert ask("SELECT tablename FROM pg_tables WHERE tableowner = 'distillhub_app'") == []
    assert ask(
        "SELECT table_name FROM information_schema.role_table_grants "
        "WHERE grantee = 'distillhub_app' AND privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')"
    ) == []  # fmt: skip
