"""Secrets at rest: sealed with a key ring from the environment and bound to the row and origin they belong to."""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from apps.kernel.errors import Unavailable

NONCE_BYTES = 12


class SecretUnreadable(Unavailable):
    """A stored secret cannot be opened with the keys at hand."""

    code = "secret_unreadable"
    title = "A stored credential cannot be read"


def seal(text: str, *, bound_to: str) -> str:
    """Encrypt with the first key of the ring. ``bound_to`` (row and origin) is authenticated, so that a

    ciphertext copied to another row, or a row pointed at another host, does not open.
    """
    name, key = _ring()[0]
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, text.encode(), bound_to.encode())
    return f"{name}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, bound_to: str) -> str:
    """Decrypt with the key that the text names. Raises SecretUnreadable."""
    name, _, body = sealed.partition(".")
    key = dict(_ring()).get(name)
    if key is not None:
        content = base64.urlsafe_b64decode(body)
        try:
            return AESGCM(key).decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], bound_to.encode()).decode()
        except InvalidTag:
            pass
    raise SecretUnreadable("A stored credential cannot be opened.", fix="Enter the credential again.")


def _ring() -> list[tuple[str, bytes]]:
    """Keys as ``name:base64`` of 32 bytes each, newest first; the name stands in every sealed text."""
    ring = [entry.partition(":") for entry in settings.ENCRYPTION_KEYS]
    if not ring:
        raise SecretUnreadable(
            "No encryption key is set.", fix="Set DISTILLHUB_ENCRYPTION_KEYS (name:base64 of 32 bytes, newest first)."
        )
    return [(name, base64.urlsafe_b64decode(encoded)) for name, _, encoded in ring]
