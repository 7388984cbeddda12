"""Canonical JSON and content digests: equal content has one spelling, so one digest."""

from __future__ import annotations

import hashlib
import json
import math
from decimal import Decimal

PREFIX = "sha256:"
_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


def canonical(value: object) -> bytes:
    """Spell a JSON value one way: keys sorted, no blanks, UTF-8, decimals as strings, no NaN.

    Follows RFC 8785 for the values we store (strings, integers, finite floats, booleans, null, lists, objects);
    floats use Python's shortest round-trip form. Raises ValueError for a value that has no JSON spelling.
    """
    return json.dumps(
        _plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def of(value: object) -> str:
    """The digest of a JSON value: ``sha256:`` and 64 hexadecimal digits."""
    return of_bytes(canonical(value))


def of_bytes(content: bytes) -> str:
    """The digest of exact bytes."""
    return PREFIX + hashlib.sha256(content).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} has no JSON spelling")
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        # A card holds hundreds of thousands of short lists of plain numbers; json refuses NaN among them by itself.
        return value if _AS_THEY_ARE.issuperset(map(type, value)) else [_plain(item) for item in value]
    return value
