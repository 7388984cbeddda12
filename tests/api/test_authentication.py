"""Only a live bearer key opens the door, and the answer to any other tells nothing about keys."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.api.authentication import KeyRefused, key_text
from apps.members import actions as members
from apps.tenancy.acting import acting
from apps.tenancy.models import ApiKey
from tests.api.conftest import Rest, code_of, key_for
from tests.conftest import PASSWORD, Person

KEY = "dh_0a1b2c3d_" + "x" * 43


@pytest.mark.parametrize("header", [f"Bearer {KEY}", f"bearer  {KEY}", f"  Bearer {KEY} "])
def test_a_key_is_read_from_the_header(header: str) -> None:
    assert key_text(header) == KEY


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "key_missing"),
        ("   ", "key_missing"),
        (KEY, "key_malformed"),
        (f"Basic {KEY}", "key_malformed"),
        ("Bearer ", "key_malformed"),
        ("Bearer dh_short", "key_malformed"),
        (f"Bearer {KEY}\0", "key_malformed"),
        (f"Bearer {KEY} {KEY}", "key_malformed"),
        (f"Bearer {'dh_0a1b2c3d_' + 'x' * 200}", "key_malformed"),
    ],
)
def test_a_header_without_a_key_is_refused_and_not_quoted(header: str, code: str) -> None:
    with pytest.raises(KeyRefused) as refused:
        key_text(header)
    assert refused.value.code == code
    assert "x" * 20 not in refused.value.detail


def test_unknown_wrong_revoked_and_expired_keys_read_alike(ada: Person) -> None:
    with acting(ada.who):
        revoked = members.issue_key(name="revoked", scopes=["read"])
        members.revoke_key(revoked.key)
        expired = members.issue_key(name="expired", scopes=["read"])
    ApiKey.objects.filter(pk=expired.key.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    live = key_for(ada)
    wrong = live[:-1] + ("a" if live[-1] != "a" else "b")
    seen = set()
    for key in (KEY, wrong, revoked.text, expired.text):
        response = Rest(key).get("/me", X_Request_ID="one-and-the-same")
        assert code_of(response) == (401, "key_unknown")
        assert response["WWW-Authenticate"] == 'Bearer realm="distillhub"'
        seen.add(response.content)
    assert len(seen) == 1


def test_a_signed_in_browser_opens_nothing_here(ada: Person) -> None:
    browser = Client()
    browser.force_login(ada.user, backend="django.contrib.auth.backends.ModelBackend")
    assert code_of(browser.get("/api/v1/me")) == (401, "key_missing")
    assert PASSWORD  # the person has one, and it would not help


def test_the_use_of_a_key_is_remembered_even_when_the_request_fails(rest: Rest) -> None:
    assert ApiKey.objects.get().last_used_at is None
    assert rest.get("/projects/nothing").status_code == 404
    assert timezone.now() - ApiKey.objects.get().last_used_at < timedelta(minutes=1)
