"""When to try again: exponential steps with full jitter, and whatever the server itself asks for, within reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_S = 600.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``attempts`` in all, the first included; 1: nothing is tried again. ``random`` gives numbers in [0, 1)."""

    random: Callable[[], float]
    attempts: int = 6
    first_wait_s: float = 0.5
    longest_step_s: float = 20.0

    def wait_s(self, attempt: int, retry_after_s: float | None) -> float:
        """Seconds to wait after attempt 1, 2, …; never less than the server asked for."""
        step = min(self.longest_step_s, self.first_wait_s * 2.0 ** float(attempt - 1))
        jittered: float = step * self.random()
        return max(jittered, retry_after_s or 0.0)


def retry_after_s(header: str | None, *, now: datetime) -> float | None:
    """A Retry-After header in seconds, in either form (RFC 9110 section 10.2.3); capped, None for nonsense."""
    if not header:
        return None
    text = header.strip()
    if text.isdecimal():
        return min(float(text), LONGEST_WAIT_S)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    # Every HTTP date is in UTC; the oldest of the three forms does not say so.
    at = at.replace(tzinfo=at.tzinfo or UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_WAIT_S)
