"""API keys: 32 random bytes, shown once, kept as a keyed hash; found by prefix, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from django.conf import settings

PREFIX_LENGTH = 8


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it leaves our hands for the only time."""

    text: str
    prefix: str
    digest: str


def make() -> NewKey:
    prefix = secrets.token_hex(PREFIX_LENGTH // 2)
    text = f"dh_{prefix}_{secrets.token_urlsafe(32)}"
    return NewKey(text=text, prefix=prefix, digest=digest(text))


def digest(text: str) -> str:
    """HMAC-SHA256 under a pepper derived from the server's secret: a dump of the table alone opens nothing."""
    pepper = hashlib.sha256(b"distillhub api key pepper:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(pepper, text.encode(), hashlib.sha256).hexdigest()


def prefix_of(text: str) -> str | None:
    """The public part of a well-formed key, else None."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != "dh" or len(parts[1]) != PREFIX_LENGTH or not parts[2] or len(text) > 120:
        return None
    return parts[1]


def matches(text: str, stored_digest: str) -> bool:
    return hmac.compare_digest(digest(text), stored_digest)
