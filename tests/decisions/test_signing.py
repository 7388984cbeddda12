"""A signature is Ed25519 over the exact bytes, checkable with nothing but the public key."""

from __future__ import annotations

import base64

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.test import override_settings

from apps.decisions import signing

SEED = base64.b64encode(bytes(range(32))).decode()


@override_settings(SIGNING_KEY=SEED)
def test_the_known_seed_has_its_known_public_key() -> None:
    assert signing.public_key() == "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="


@override_settings(SIGNING_KEY=SEED)
def test_anyone_with_the_public_key_can_check() -> None:
    signature, key_id = signing.sign(b"record")
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signing.public_key()))
    key.verify(base64.b64decode(signature), b"record")
    assert key_id == signing.key_id(key)
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(signature), b"Record")


@pytest.mark.parametrize("key", ["", "short", base64.b64encode(bytes(31)).decode(), "not base64 at all!"])
def test_without_a_usable_key_nothing_is_signed(key: str) -> None:
    with override_settings(SIGNING_KEY=key), pytest.raises(signing.SigningKeyMissing):
        signing.sign(b"record")
