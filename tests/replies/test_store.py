"""A key of a request belongs to one organization, is held by one transaction and is let go after a day."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.kernel.errors import Conflict, InvalidInput
from apps.replies import store
from apps.replies.models import Reply
from apps.tenancy.acting import Acting, acting
from tests.conftest import Person, founder


def test_the_first_claim_holds_the_key_and_the_next_finds_its_answer(ada: Person) -> None:
    with acting(ada.who):
        assert store.claim("k", "sha256:a") is None
        store.keep("k", status=201, body=b"{}", location="/here")
        earlier = store.claim("k", "sha256:a")
    assert earlier is not None
    assert (earlier.status, bytes(earlier.body), earlier.location) == (201, b"{}", "/here")


@pytest.mark.parametrize(("key", "code"), [("x" * 256, "idempotency_key_invalid"), ("\n", "idempotency_key_invalid")])
def test_a_key_that_is_none_is_refused(ada: Person, key: str, code: str) -> None:
    with acting(ada.who), pytest.raises(InvalidInput) as refused:
        store.claim(key, "sha256:a")
    assert refused.value.code == code


def test_another_request_with_the_key_is_refused(ada: Person) -> None:
    with acting(ada.who):
        store.claim("k", "sha256:a")
        with pytest.raises(InvalidInput) as refused:
            store.claim("k", "sha256:b")
    assert refused.value.code == "idempotency_key_reused"


def test_after_a_day_the_key_is_free_again(ada: Person) -> None:
    with acting(ada.who):
        store.claim("k", "sha256:a")
        Reply.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
        assert store.claim("k", "sha256:b") is None


def test_a_key_at_work_stops_its_own_organization_and_no_other(committed: None) -> None:
    names = [f"reply-{secrets.token_hex(4)}" for _ in range(2)]
    first, other = (founder(f"{name}@example.test", name) for name in names)

    def claim(who: Acting) -> object:
        try:
            with acting(who):
                return store.claim("k", "sha256:a")
        except Conflict as refused:
            return refused.code
        finally:
            connections.close_all()

    with acting(first.who), ThreadPoolExecutor(1) as pool:
        store.claim("k", "sha256:a")
        assert pool.submit(claim, first.who).result() == "idempotency_in_progress"
        assert pool.submit(claim, other.who).result() is None
