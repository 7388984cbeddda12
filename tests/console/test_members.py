"""An organization's people and keys: looked at by members, keys only by who manages them, shown once."""

from __future__ import annotations

import re

import pytest

from apps.tenancy.models import ApiKey
from apps.tenancy.queries import key_from_text
from tests.console.conftest import Browser, code_of, text_of

KEYS = "/o/acme/settings/keys/"
FORM = {"name": "ci", "scopes": ["read", "run"], "days": "30"}


def test_members_stand_with_their_roles(ada, ben, viewer) -> None:
    page = text_of(Browser(viewer).get("/o/acme/settings/members/"))
    assert "<td>ben@acme.test</td><td>approver</td>" in page
    assert "<td>ada@acme.test</td><td>admin</td>" in page


def test_a_key_is_shown_once_and_works(ada) -> None:
    browser = Browser(ada)
    page = text_of(browser.post(KEYS, FORM))
    [text] = re.findall(r"<pre tabindex=\"0\"><code>(dh_\S+)</code>", page)
    key = key_from_text(text)
    assert (key.name, key.scopes, key.created_by) == ("ci", ["read", "run"], ada.user)
    again = text_of(browser.get(KEYS))
    assert text not in again
    assert f"dh_{key.prefix}_…" in again


def test_a_revoked_key_opens_nothing(ada) -> None:
    browser = Browser(ada)
    page = text_of(browser.post(KEYS, FORM))
    text = re.findall(r"<code>(dh_\w{12}_\S{20,})</code>|<code>(dh_[^<…]+)</code>", page)[0]
    text = next(filter(None, text))
    prefix = ApiKey.objects.get().prefix
    response = browser.post(f"{KEYS}{prefix}/revoke/")
    assert response["Location"] == KEYS
    assert key_from_text(text) is None
    assert "revoked" in text_of(browser.get(KEYS))


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"scopes": []}, 422), ({"scopes": ["everything"]}, 422), ({"days": "0"}, 422), ({"days": "366"}, 422),
     ({"name": ""}, 422)],
)  # fmt: skip
def test_a_key_that_cannot_be_is_refused(ada, changed, status) -> None:
    assert Browser(ada).post(KEYS, {**FORM, **changed}).status_code == status
    assert not ApiKey.objects.exists()


def test_nobody_else_sees_or_makes_keys(ada, ben, viewer, cy) -> None:
    for reader in (ben, viewer):
        assert code_of(Browser(reader).get(KEYS)) == (403, "permission_missing")
        assert code_of(Browser(reader).post(KEYS, FORM)) == (403, "permission_missing")
    assert Browser(cy).get(KEYS).status_code == 404
    assert Browser(cy).post(KEYS, FORM).status_code == 404
    assert not ApiKey.objects.exists()


def test_a_strangers_key_cannot_be_revoked(ada, cy) -> None:
    Browser(ada).post(KEYS, FORM)
    key = ApiKey.objects.get()
    for path in (f"{KEYS}{key.prefix}/revoke/", f"/o/other/settings/keys/{key.prefix}/revoke/"):
        assert Browser(cy).post(path).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None
