"""A key is shown once; what is kept opens nothing."""

from __future__ import annotations

import pytest
from django.test import override_settings

from apps.tenancy import keys


def test_a_new_key_is_found_by_its_prefix_and_matches_its_digest() -> None:
    new = keys.make()
    assert new.text.startswith(f"dh_{new.prefix}_")
    assert keys.prefix_of(new.text) == new.prefix
    assert keys.matches(new.text, new.digest)
    assert new.text not in new.digest
    assert len(new.digest) == 64


def test_no_two_keys_are_alike_and_one_letter_off_does_not_match() -> None:
    made = [keys.make() for _ in range(50)]
    assert len({new.text for new in made}) == 50
    new = made[0]
    assert not keys.matches(new.text[:-1] + ("a" if new.text[-1] != "a" else "b"), new.digest)


def test_a_digest_is_worth_nothing_under_another_server_secret() -> None:
    new = keys.make()
    with override_settings(SECRET_KEY="another"):
        assert not keys.matches(new.text, new.digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dh_",
        "dh_12345678",
        "dh_12345678_",
        "xx_12345678_abc",
        "dh_123_abc",
        "dh_123456789_abc",
        "dh_12345678_" + "a" * 200,
    ],
)
def test_what_is_not_shaped_like_a_key_has_no_prefix(text: str) -> None:
    assert keys.prefix_of(text) is None
