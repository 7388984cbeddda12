"""A stored credential opens only for the row and origin it was sealed for, with a key of the ring."""

from __future__ import annotations

import base64

import pytest
from django.test import override_settings

from apps.tenancy import secrets


def ring(*numbers: int) -> list[str]:
    return [f"k{number}:{base64.urlsafe_b64encode(bytes([number]) * 32).decode()}" for number in numbers]


@override_settings(ENCRYPTION_KEYS=ring(1))
def test_what_was_sealed_opens_and_shows_nothing_in_between() -> None:
    sealed = secrets.seal("sk-secret", bound_to="endpoint:1:https://a")
    assert "sk-secret" not in sealed
    assert secrets.unseal(sealed, bound_to="endpoint:1:https://a") == "sk-secret"
    assert secrets.seal("sk-secret", bound_to="endpoint:1:https://a") != sealed


@override_settings(ENCRYPTION_KEYS=ring(1))
@pytest.mark.parametrize("bound_to", ["endpoint:2:https://a", "endpoint:1:https://evil", ""])
def test_a_text_copied_to_another_row_or_host_does_not_open(bound_to: str) -> None:
    sealed = secrets.seal("sk-secret", bound_to="endpoint:1:https://a")
    with pytest.raises(secrets.SecretUnreadable) as refused:
        secrets.unseal(sealed, bound_to=bound_to)
    assert "sk-secret" not in str(refused.value)


def test_an_old_key_still_opens_after_a_new_one_was_put_in_front() -> None:
    with override_settings(ENCRYPTION_KEYS=ring(1)):
        sealed = secrets.seal("sk-secret", bound_to="x")
    with override_settings(ENCRYPTION_KEYS=ring(2, 1)):
        assert secrets.unseal(sealed, bound_to="x") == "sk-secret"
        assert secrets.seal("new", bound_to="x").startswith("k2.")
    with override_settings(ENCRYPTION_KEYS=ring(2)), pytest.raises(secrets.SecretUnreadable):
        secrets.unseal(sealed, bound_to="x")


@override_settings(ENCRYPTION_KEYS=[])
def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(secrets.SecretUnreadable):
        secrets.seal("sk-secret", bound_to="x")
