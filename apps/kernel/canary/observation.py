"""One conversation of a canary, and which conversations may be read already: in the order they were asked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from apps.kernel.canary.plan import Figure
from apps.kernel.errors import InvalidInput

OUTSIDE = 1e-6


@dataclass(frozen=True, slots=True)
class Observation:
    """A conversation, sent as a whole to one model; with several turns each value is the mean of its turns.

    Only one that could have gone to either model is an observation: where some cohorts are not split, theirs are left
    out, or both models would be compared over unlike traffic.

    ``requested_at_ms`` of its first turn orders the watch; ``share`` of traffic, 0 to 1, was then meant for the
    student. ``is_sampled``: drawn to be scored, by a hash before anything was answered. ``score`` is 0 to 1, None while
    it is not there; ``has_failed``: no answer of its own (a fallback is a failure of the student), None while unknown;
    ``in_time``: within the latency objective. ``settled_at_ms``: when the last of these was known, None before. A
    score that is not finite, or outside 0 to 1, is missing.
    """

    conversation: str
    is_student: bool
    requested_at_ms: int
    cohort: str
    share: float
    is_sampled: bool = False
    score: float | None = None
    has_failed: bool | None = None
    in_time: bool | None = None
    settled_at_ms: int | None = None

    @property
    def place(self) -> tuple[int, str]:
        return self.requested_at_ms, self.conversation

    @property
    def is_missing(self) -> bool:
        """Drawn to be scored, and there is no score, though the model may have answered."""
        return self.is_sampled and self.has_failed is not True and self._readable() is None

    def value(self, figure: Figure) -> float | None:
        """How well it went, 0 to 1; None where this figure says nothing of it.

        A failed conversation scores 0 and is late. A missing score says nothing of quality and is an error: a student
        must not gain by answers that nobody can score.
        """
        if figure == "errors":
            return float(self.has_failed is False and not self.is_missing)
        if figure == "latency":
            return float(self.has_failed is False and self.in_time is True)
        if not self.is_sampled:
            return None
        return 0.0 if self.has_failed else self._readable()

    def _readable(self) -> float | None:
        if self.score is None or not math.isfinite(self.score) or not -OUTSIDE <= self.score <= 1 + OUTSIDE:
            return None
        return min(max(self.score, 0.0), 1.0)


def ready(
    conversations: Iterable[Observation], *, now_ms: int, patience_ms: int, grace_ms: int
) -> tuple[Observation, ...]:
    """The first conversations, in the order they were asked, of which everything is known or no longer waited for.

    A score waits for its turn, so what is known later never changes what was decided on earlier evidence. What settles
    more than ``patience_ms`` after the request is missing, whenever one looks. Requests of the last ``grace_ms`` are
    not read yet: another process may still be writing an earlier one. Raises InvalidInput ``patience_too_short``.
    """
    if not 0 <= grace_ms <= patience_ms:
        raise InvalidInput(
            f"A score is waited for at least as long as a request may take to be seen: {patience_ms} ms are fewer than "
            f"{grace_ms} ms.",
            code="patience_too_short",
        )
    found = []
    for one in sorted(conversations, key=lambda each: each.place):
        if one.requested_at_ms > now_ms - grace_ms:
            break
        settled = one.settled_at_ms is not None
        until = one.settled_at_ms if one.settled_at_ms is not None else now_ms
        if until - one.requested_at_ms > patience_ms:
            # Whoever looked earlier could not know more: what came too late counts as little as what never came.
            found.append(replace(one, score=None, has_failed=None, in_time=None))
        elif settled:
            found.append(one)
        else:
            break
    return tuple(found)
