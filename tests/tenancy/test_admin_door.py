"""The auditors' door shows and changes nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.conftest import Person

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_password_is_changed_here(ada: Person, method: str) -> None:
    client = Client()
    client.force_login(ada.user, backend=BACKEND)
    before = ada.user.password
    answer = getattr(client, method)("/admin/password_change/", {"new_password1": "x" * 20, "new_password2": "x" * 20})
    assert answer.status_code == 404
    ada.user.refresh_from_db()
    assert ada.user.password == before
