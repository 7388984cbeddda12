"""Claim an idempotency key, keep the answer, sweep what is older than a day."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from apps.kernel.errors import Conflict, InvalidInput
from apps.replies.models import Reply
from apps.tenancy.acting import current

KEPT = timedelta(hours=24)
KEY_LENGTH = 255


def claim(key: str, request_digest: str) -> Reply | None:
    """The earlier reply to this key, or None when this request is the first and now holds the key.

    Called first in the request's transaction: the row appears to others only with the answer in it.
    Raises InvalidInput (idempotency_key_invalid, idempotency_key_reused), Conflict (idempotency_in_progress).
    """
    if not key.isascii() or not key.isprintable() or len(key) > KEY_LENGTH:
        raise InvalidInput(
            f"An Idempotency-Key is at most {KEY_LENGTH} printable ASCII characters.", code="idempotency_key_invalid"
        )
    _lock(key)
    Reply.objects.filter(key=key, created_at__lt=timezone.now() - KEPT).delete()
    standing = Reply.objects.filter(key=key).first()
    if standing is None:
        Reply.objects.create(key=key, request_digest=request_digest)
        return None
    if standing.request_digest != request_digest:
        raise InvalidInput(
            "This Idempotency-Key came with another request before; use a new key for a new request.",
            code="idempotency_key_reused",
        )
    return standing


def keep(key: str, *, status: int, body: bytes, location: str) -> None:
    Reply.objects.filter(key=key).update(status=status, body=body, location=location)


def _lock(key: str) -> None:
    with connection.cursor() as cursor:
        name = f"reply:{current().organization_id}:{key}"
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        if not cursor.fetchone()[0]:
            raise Conflict(
                "The first request with this Idempotency-Key is still at work.", code="idempotency_in_progress"
            )
