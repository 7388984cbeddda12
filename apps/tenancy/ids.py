"""Identifiers: time-ordered UUIDs inside, a typed prefix and hex outside (``run_0199…``)."""

from __future__ import annotations

import re
from uuid import UUID

from uuid_utils.compat import uuid7

from apps.kernel.errors import NotFound

NUMBER = re.compile(r"[1-9][0-9]{0,7}")


def new_id() -> UUID:
    return uuid7()


def public_id(prefix: str, identifier: UUID) -> str:
    return f"{prefix}_{identifier.hex}"


def parse_public_id(prefix: str, text: str) -> UUID:
    """The UUID inside a typed id. Raises NotFound for any other spelling, so that no spelling tells what exists."""
    head, _, digits = text.partition("_")
    if head != prefix or len(digits) != 32 or digits != digits.lower():
        raise NotFound(f"There is no '{text[:80]}' here.")
    try:
        return UUID(hex=digits)
    except ValueError:
        raise NotFound(f"There is no '{text[:80]}' here.") from None


def parse_number(text: str) -> int | None:
    """The short number (#128) that a text spells in its one way, else None: no zeros in front, no other digits."""
    return int(text) if NUMBER.fullmatch(text) else None
