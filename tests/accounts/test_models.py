"""A person is known by e-mail, whatever its case."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User


def test_an_address_is_kept_and_found_in_lower_case(db: None) -> None:
    user = User.objects.create_user("  Ada@Example.TEST ", "a long test password")
    assert (user.email, user.name, str(user)) == ("ada@example.test", "ada", "ada@example.test")
    assert User.objects.get_by_natural_key("ADA@example.test").pk == user.pk
    assert user.check_password("a long test password")
    assert user.password.startswith("argon2")


def test_an_address_is_taken_once_in_any_case(db: None) -> None:
    User.objects.create_user("ada@example.test", "a long test password")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ADA@EXAMPLE.TEST", "another long password")


def test_a_flag_on_a_person_grants_nothing(db: None) -> None:
    user = User.objects.create_user("ada@example.test", "a long test password", is_staff=True)
    assert not user.is_superuser
    assert user.get_all_permissions() == set()
