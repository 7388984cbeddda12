"""Alive touches nothing; ready means database, role and migrations."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client

from apps.tenancy import health
from tests import database


def test_alive_answers_without_a_database() -> None:
    response = Client().get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_says_so(db: None) -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_role_that_could_bypass_the_fence_is_not_ready(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.database_role, "bypasses", lambda: ["role root is a superuser"])
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["reason"]) == (503, "database_role")


def test_a_database_that_is_away_is_told(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> list[str]:
        raise OperationalError("gone")

    monkeypatch.setattr(health.database_role, "bypasses", away)
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["reason"]) == (503, "database")


def test_migrations_that_wait_are_told(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: ["0009_next"])
    response = Client().get("/readyz")
    assert (response.status_code, response.json()["reason"]) == (503, "migrations_pending")


def test_a_full_disk_is_told_from_other_faults_of_the_database() -> None:
    assert health.is_storage_full(database.full_disk("no space left"))
    assert not health.is_storage_full(OperationalError("no space left"))
    assert not health.is_storage_full(ValueError("no space left"))
