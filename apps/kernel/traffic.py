"""Live traffic against golden rows: the mix of cohorts, the content of texts, and what is new (statistics.md §4.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from apps.kernel import digest
from apps.kernel.errors import InvalidInput
from apps.kernel.gate.circumstances import CONTENT_DRIFT_P
from apps.kernel.gate.remarks import MUCH_IS_NEW
from apps.kernel.statistics.content_drift import Likeness, TextRow
from apps.kernel.statistics.drift import Drift, population_stability, stability_from_shares
from apps.kernel.statistics.interval import EvidenceUnusable

RECENT_DAYS = 60
"""Traffic that ended longer ago says nothing of today."""
LONGEST_DAYS = 366
MOST_UNKNOWN = 0.5
"""With more of the rows in cohorts that the golden rows lack, it is the names that differ, whatever traffic does."""
UNKNOWN = ""
"""Stands for all cohorts that the golden rows do not have; no cohort can be called so."""


class WindowRefused(InvalidInput):
    """The days of a traffic sample cannot be these."""

    code = "window_invalid"
    title = "The window of the traffic sample cannot be accepted"


class Windowed(Protocol):
    """Anything that is of a time, first and last day included."""

    since_date: date
    until_date: date


W = TypeVar("W", bound=Windowed)


@dataclass(frozen=True, slots=True)
class Window:
    """Days of UTC, both included."""

    since_date: date
    until_date: date


@dataclass(frozen=True, slots=True)
class GoldenMix:
    """The cohorts of golden rows: how many rows, which share of traffic, and whether that share was declared."""

    rows: Mapping[str, int]
    shares: Mapping[str, float]
    is_declared: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """Live rows against golden rows. A figure is None where it cannot be told, with the code of the reason beside it.

    ``mix_p``, ``content_p``: chances without drift; ``psi`` and ``expected_psi`` 0 or more; ``novelty`` a share of live
    rows, 0 to 1. ``unknown`` live rows are of cohorts that the golden rows do not have; they count in the mix and for
    novelty. ``golden_texts`` and ``live_texts`` rows were compared by content, ``novelty_rows`` looked at for novelty.
    """

    unknown: int
    psi: float | None = None
    expected_psi: float | None = None
    mix_p: float | None = None
    mix_drifted: bool = False
    mix_reason: str | None = None
    mmd2: float | None = None
    content_p: float | None = None
    golden_texts: int = 0
    live_texts: int = 0
    content_reason: str | None = None
    novelty: float | None = None
    novelty_rows: int = 0
    novelty_reason: str | None = None

    @property
    def content_moved(self) -> bool:
        """In this window alone; two windows running make a card stale."""
        return self.content_p is not None and self.content_p < CONTENT_DRIFT_P

    @property
    def is_new(self) -> bool:
        """Whether more is new than golden rows may leave out."""
        return self.novelty is not None and self.novelty > MUCH_IS_NEW

    def document(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Compared:
        return cls(**document)


def window(since: str, until: str, *, today: date) -> Window:
    """Two ISO dates as the days of a sample. Raises WindowRefused: window_invalid, window_reversed, window_too_long,

    window_in_future.
    """
    first, last = _day(since, "from"), _day(until, "to")
    if first > last:
        raise _refused("window_reversed", f"The window begins on {first} and ends before, on {last}.", "from")
    if last > today:
        raise _refused("window_in_future", f"The window ends on {last}; today is {today} (UTC).", "to")
    if (last - first).days >= LONGEST_DAYS:
        raise _refused("window_too_long", f"The window has more than {LONGEST_DAYS} days.", "from")
    return Window(first, last)


def newest_two(samples: Sequence[W], *, today: date) -> tuple[W | None, W | None]:
    """The newest sample of the last 60 days, and the newest of them that ended before it began; None where there is

    none. Of samples that ended on one day the first in the order given counts, so give the newest first.
    """
    recent = [one for one in samples if 0 <= (today - one.until_date).days <= RECENT_DAYS]
    newest = max(recent, key=lambda one: one.until_date, default=None)
    if newest is None:
        return None, None
    earlier = [one for one in recent if one.until_date < newest.since_date]
    return newest, max(earlier, key=lambda one: one.until_date, default=None)


def compare(
    counts: Mapping[str, int],
    golden: GoldenMix,
    *,
    live_texts: Sequence[TextRow] | None,
    golden_texts: Sequence[TextRow],
    seed: int,
) -> Compared:
    """Everything that can be told of live rows, counted by cohort, against golden rows.

    ``live_texts`` None: they are not kept any more. Equal inputs and seed give the same answer.
    """
    unknown = sum(count for name, count in counts.items() if name not in golden.rows)
    return Compared(
        unknown=unknown,
        **_mix(counts, golden, unknown),
        **_content(live_texts, golden_texts, seed),
    )


def seed_of(sample_digest: str, golden_digest: str) -> int:
    """For the permutations of one comparison: the same two sides, the same draws."""
    return int(digest.of([sample_digest, golden_digest]).removeprefix(digest.PREFIX)[:16], 16)


def shares_among(counts: Mapping[str, int], names: Sequence[str]) -> dict[str, float]:
    """Shares of live rows over the cohorts that are known, summing to 1; empty where no row is in any of them."""
    known = {name: counts.get(name, 0) for name in names}
    total = sum(known.values())
    return {name: count / total for name, count in known.items()} if total else {}


def _mix(counts: Mapping[str, int], golden: GoldenMix, unknown: int) -> dict[str, Any]:
    live = {name: counts.get(name, 0) for name in golden.rows} | ({UNKNOWN: unknown} if unknown else {})
    if len(counts) == 1 and len(golden.rows) > 1:
        return {"mix_reason": "one_cohort"}
    if unknown > MOST_UNKNOWN * sum(counts.values()):
        return {"mix_reason": "cohorts_unknown"}
    try:
        found: Drift = (
            stability_from_shares(golden.shares, live)
            if golden.is_declared
            else population_stability(golden.rows, live)
        )
    except EvidenceUnusable as error:
        return {"mix_reason": error.code}
    return {"psi": found.psi, "expected_psi": found.expected_psi, "mix_p": found.p, "mix_drifted": found.drifted}


def _content(live: Sequence[TextRow] | None, golden: Sequence[TextRow], seed: int) -> dict[str, Any]:
    if live is None:
        return {"content_reason": "sketches_forgotten", "novelty_reason": "sketches_forgotten"}
    try:
        likeness = Likeness(golden, live)
    except EvidenceUnusable as error:
        return {"content_reason": error.code, "novelty_reason": error.code}
    new = likeness.novelty()
    told: dict[str, Any] = {"novelty": new.share, "novelty_rows": new.rows}
    try:
        found = likeness.drift(seed=seed)
    except EvidenceUnusable as error:
        return {**told, "content_reason": error.code}
    return {
        **told,
        "mmd2": found.mmd2,
        "content_p": found.p,
        "golden_texts": found.before,
        "live_texts": found.after,
    }


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refused("window_invalid", f"'{text[:40]}' is no day; write 2026-11-01.", field) from None


def _refused(code: str, detail: str, field: str) -> WindowRefused:
    return WindowRefused(detail, code=code, where={"field": field})
