"""What is said of live traffic beside golden rows; every unknown figure says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from apps.kernel.sentences import freshness
from apps.kernel.traffic import Compared

WHY = {
    "one_cohort": "all live rows are of one cohort; draw from all traffic",
    "cohorts_unknown": "more than half of the live rows are of cohorts these golden rows lack; are the names alike?",
    "cells_too_few": "fewer than two cohorts have enough rows",
    "no_rows": "there are no golden rows",
    "rows_too_few": "fewer than 50 rows with a text on one side",
    "sketches_forgotten": "the sketches were deleted",
}


class Days(Protocol):
    """First and last day, both included."""

    since_date: date
    until_date: date


@dataclass(frozen=True, slots=True)
class _Window:
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Told:
    """Mix, content and novelty in words; the flags are what must be seen at once."""

    mix: str
    mix_moved: bool
    content: str
    content_moved: bool
    novelty: str
    is_new: bool


def told(found: Compared) -> Told:
    """A comparison in words, each figure with its chance or the reason why it is unknown."""
    return Told(
        mix=_mix(found),
        mix_moved=found.mix_drifted,
        content=_content(found),
        content_moved=found.content_moved,
        novelty=_novelty(found),
        is_new=found.is_new,
    )


def days(one: Days) -> str:
    """ "1 Nov 2026 to 14 Nov 2026"."""
    return freshness.days(_window(one))


def _mix(found: Compared) -> str:
    if found.psi is None or found.mix_p is None or found.expected_psi is None:
        return f"not known: {_why(found.mix_reason)}"
    return (
        f"PSI {found.psi:.3f}, {freshness.chance(found.mix_p)} (equal mixes show {found.expected_psi:.3f} on average)"
    )


def _content(found: Compared) -> str:
    if found.content_p is None or found.mmd2 is None:
        return f"not known: {_why(found.content_reason)}"
    rows = f"{found.live_texts:,} live and {found.golden_texts:,} golden rows"
    return f"{freshness.chance(found.content_p)}, MMD² {found.mmd2:.5f} over {rows}"


def _novelty(found: Compared) -> str:
    if found.novelty is None:
        return f"not known: {_why(found.novelty_reason)}"
    return f"{100 * found.novelty:.1f} % of {found.novelty_rows:,} live rows are unlike any golden row (5 % is usual)"


def _why(code: str | None) -> str:
    return WHY.get(code or "", (code or "not compared").replace("_", " "))


def _window(one: Days) -> _Window:
    return _Window(one.since_date.isoformat(), one.until_date.isoformat())
