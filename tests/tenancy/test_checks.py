"""A server that could leak, or that nobody gave a secret, says so before it starts."""

from __future__ import annotations

import pytest
from django.test import override_settings

from apps.tenancy import checks


def test_a_right_installation_has_nothing_to_say(db: None) -> None:
    assert checks.secrets_are_set(None) == []
    assert checks.outbound_allowances_can_be_read(None) == []
    assert checks.role_cannot_bypass_the_fence(None, databases=["default"]) == []


@override_settings(SECRET_KEY="unset-secret-key-refused-by-the-system-check")
def test_an_unset_secret_is_refused() -> None:
    assert [error.id for error in checks.secrets_are_set(None)] == ["tenancy.E001"]


def test_a_role_that_bypasses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.database_role, "bypasses", lambda: ["role root is a superuser"])
    found = checks.role_cannot_bypass_the_fence(None, databases=["default"])
    assert [(error.id, "superuser" in error.msg) for error in found] == [("tenancy.E002", True)]
    assert checks.role_cannot_bypass_the_fence(None, databases=None) == []


@override_settings(OUTBOUND_ALLOW=["nonsense"])
def test_an_allowance_that_cannot_be_read_is_refused() -> None:
    assert [error.id for error in checks.outbound_allowances_can_be_read(None)] == ["tenancy.E003"]
