"""The database session itself is asked whether it could see through the fence."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import OperationalError

from apps.tenancy import database_role
from distillhub.embedded import services

QUESTION = "SELECT rolname FROM pg_roles WHERE rolname IN (session_user, current_user) AND (rolsuper OR rolbypassrls)"


def test_the_app_role_cannot_bypass(db: None) -> None:
    assert database_role.bypasses() == []
    database_role.refuse()


def test_a_superuser_that_took_on_the_app_role_is_still_found(django_db_setup: None) -> None:
    url = urlsplit(services.ensure().superuser_url).geturl()
    with psycopg.connect(url) as connection:
        connection.execute("SET ROLE distillhub_app")
        assert connection.execute("SELECT current_user").fetchone() == ("distillhub_app",)
        assert connection.execute(QUESTION).fetchall() == [("postgres",)]


def test_a_process_with_such_a_role_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_role, "bypasses", lambda: ["role root has BYPASSRLS"])
    with pytest.raises(database_role.RoleCanBypass, match="distillhub_app"):
        database_role.refuse()


def test_a_database_that_is_away_does_not_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> list[str]:
        raise OperationalError("gone")

    monkeypatch.setattr(database_role, "bypasses", away)
    database_role.refuse()
