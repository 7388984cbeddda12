"""Sign records with the server's Ed25519 key, and check a signature with nothing but the record and the public key."""

from __future__ import annotations

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from apps.kernel.errors import Unavailable


class SigningKeyMissing(Unavailable):
    """No signing key is set, so no decision can be recorded: a record without a signature is none."""

    code = "signing_key_missing"
    title = "Decisions cannot be signed"


def sign(record: bytes) -> tuple[str, str]:
    """The signature (base64) and the id of the key that made it."""
    key = _private()
    return base64.b64encode(key.sign(record)).decode(), key_id(key.public_key())


def is_valid(record: bytes, signature: str) -> bool:
    """Does the present key's public half vouch for these exact bytes?"""
    try:
        _private().public_key().verify(base64.b64decode(signature), record)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key() -> str:
    """The public key (base64 of 32 bytes), for auditors to keep."""
    return base64.b64encode(_private().public_key().public_bytes_raw()).decode()


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def _private() -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(settings.SIGNING_KEY, validate=True))
    except ValueError:
        raise SigningKeyMissing(
            "The signing key is not set or not 32 bytes in base64.", fix="Set DISTILLHUB_SIGNING_KEY."
        ) from None
