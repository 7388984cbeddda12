"""An interval, and the refusals every estimator shares."""

from __future__ import annotations

from dataclasses import dataclass

from apps.kernel.errors import InvalidInput


class EvidenceUnusable(InvalidInput):
    """Numbers that no estimator can read: no rows, counts that do not add up, values that are not finite."""

    code = "evidence_unusable"
    title = "These numbers cannot be used as evidence"


@dataclass(frozen=True, slots=True)
class Interval:
    """``low`` ≤ ``high``; ``level`` is two-sided coverage, 0 to 1."""

    low: float
    high: float
    level: float


def require_level(level: float) -> float:
    """The level itself; raises EvidenceUnusable outside (0, 1)."""
    if not 0 < level < 1:
        raise EvidenceUnusable(f"A level lies between 0 and 1, not at {level}.", code="level_out_of_range")
    return level


def require_margin(margin: float) -> float:
    """The margin itself; raises EvidenceUnusable outside (0, 1)."""
    if not 0 < margin < 1:
        raise EvidenceUnusable(f"A margin lies between 0 and 1, not at {margin}.", code="margin_out_of_range")
    return margin


def require_rows(n: int) -> int:
    """n itself; raises EvidenceUnusable ``no_rows`` for none."""
    if n < 1:
        raise EvidenceUnusable("There are no rows.", code="no_rows")
    return n
