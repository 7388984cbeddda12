"""Who calls: a bearer key, and nothing else. A browser's session opens no door here, so no page can be made to call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.kernel.errors import DistillHubError
from apps.tenancy import queries, store
from apps.tenancy.acting import Acting

if TYPE_CHECKING:
    from apps.tenancy.models import ApiKey

SCHEME = "Bearer"
KEY = re.compile(r"dh_[0-9a-f]{8}_[A-Za-z0-9_-]{20,100}")


class KeyRefused(DistillHubError):
    """The request carries no key that opens anything."""

    code = "key_unknown"
    title = "The key is not accepted"


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer dh_…``: the key as ``request.user``, how it acts as ``request.auth``."""

    def authenticate(self, request: Request) -> tuple[ApiKey, Acting]:
        """Raises KeyRefused: key_missing, key_malformed, key_unknown (unknown, wrong, revoked and expired alike)."""
        key = queries.key_from_text(key_text(request.headers.get("Authorization", "")))
        if key is None:
            raise KeyRefused(
                "No live key is this one: it is unknown, revoked or expired.",
                code="key_unknown",
                fix="Issue a new key on the page of keys.",
            )
        # Outside the request's transaction: two requests with one key must not wait for one another's end.
        store.note_use(key)
        return key, queries.as_key(key, request_id=getattr(request, "request_id", ""))

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="distillhub"'


def key_text(header: str) -> str:
    """The key in an Authorization header. Raises KeyRefused; a refused key is never quoted back."""
    if not header.strip():
        raise KeyRefused(
            "The request carries no key.", code="key_missing", fix="Send the header Authorization: Bearer dh_…"
        )
    scheme, _, text = header.strip().partition(" ")
    if scheme.lower() != SCHEME.lower() or not KEY.fullmatch(text.strip()):
        raise KeyRefused(
            "The Authorization header is not 'Bearer' and a key of the form dh_…",
            code="key_malformed",
            fix="Send the header Authorization: Bearer dh_… with the key as it was shown.",
        )
    return text.strip()
