"""Link events into a chain and verify it: any edit, deletion, insertion or reordering shows at its position.

Leaves follow RFC 6962 section 2.1 (0x00 || content); the linear chain binds position and predecessor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Link:
    """One stored event: its position from 0, its exact bytes and the chain value stored beside it."""

    sequence: int
    payload: bytes
    chain: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """What a walk over the chain found. ``broken_at`` is the first bad position, None when whole."""

    events: int
    head: bytes
    broken_at: int | None = None
    reason: str = ""

    @property
    def whole(self) -> bool:
        return self.broken_at is None


def leaf(payload: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + payload).digest()


def extend(previous: bytes, sequence: int, payload: bytes) -> bytes:
    """The chain value after this event: SHA-256(0x02 || previous || uint64 sequence || leaf)."""
    return hashlib.sha256(b"\x02" + previous + sequence.to_bytes(8, "big") + leaf(payload)).digest()


def verify(links: Iterable[Link]) -> Verified:
    """Walk the chain from its start; stop at the first event that does not fit."""
    head = GENESIS
    count = 0
    for link in links:
        if link.sequence != count:
            return Verified(count, head, count, f"position {count} is missing; found {link.sequence}")
        if extend(head, link.sequence, link.payload) != link.chain:
            return Verified(count, head, count, f"event {count} or its link was changed")
        head = link.chain
        count += 1
    return Verified(count, head)
