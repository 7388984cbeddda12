"""What a gate says about a latency against a limit in milliseconds, and about latencies compared."""

from __future__ import annotations

import math
from dataclasses import dataclass

from apps.kernel.sentences.evidence import percentile
from apps.kernel.sentences.shares import percent, stated
from apps.kernel.sentences.words import place, rows_of
from apps.kernel.statistics.interval import Interval

ENDINGS = {"answer": "latency", "first_token": "time to the first token"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One percentile of the student's times. Times in ms, endless where an answer never came or nothing bounds it.

    ``rows`` have a time or ran out of it (``timed_out``), ``within`` of them come within the limit, ``missing`` more
    have none. ``needed``: rows from which the percentile has an upper limit at all.
    """

    cohort: str
    quantile: float
    until: str
    value_ms: float
    interval_ms: Interval
    limit_ms: float
    rows: int
    within: int
    timed_out: int
    missing: int
    slowest_ms: float
    needed: int

    @property
    def name(self) -> str:
        return f"{percentile(self.quantile)} {ENDINGS[self.until]}"

    @property
    def said(self) -> str:
        return f"{place(self.cohort)}: the student's {self.name} is {milliseconds(self.value_ms)}"

    @property
    def tally(self) -> str:
        late = f", {self.timed_out:,} of them timed out" if self.timed_out else ""
        return f"({rows_of(self.rows)}{late})"


def decided(seen: Seen, verdict: str) -> str:
    """The percentile is shown to be within the limit (pass), or shown to be beyond it (fail)."""
    limit = milliseconds(seen.limit_ms)
    if verdict == "pass":
        return (
            f"Pass. {seen.said}, at most {milliseconds(seen.interval_ms.high)} plausible, within the {limit} limit "
            f"{seen.tally}."
        )
    kindest = milliseconds(seen.interval_ms.low)
    return f"Fail. {seen.said}; even the kindest reading is {kindest}, beyond the {limit} limit {seen.tally}."


def insufficient(seen: Seen, *, wanted: int | None) -> str:
    """Neither shown. ``wanted`` rows would decide at the share seen in time; None when too few of them came in time."""
    limit, name = milliseconds(seen.limit_ms), percentile(seen.quantile)
    if wanted is None:
        inside = f"{percent(seen.within / seen.rows)} came within {limit}"
        return (
            f"Not enough evidence. {seen.said}; {inside}, not more than {stated(seen.quantile)}. More rows may well "
            f"end in a fail {seen.tally}. → Add rows"
        )
    if seen.rows < seen.needed:
        return (
            f"Not enough evidence. {seen.said} over {rows_of(seen.rows)}, the slowest "
            f"{milliseconds(seen.slowest_ms)}; the limit is {limit}. {name} needs at least {seen.needed:,} rows, about "
            f"{wanted:,} at the share seen in time. → Add rows"
        )
    return (
        f"Not enough evidence. {seen.said}, plausibly {_span(seen.interval_ms)}; the limit is {limit}. About "
        f"{wanted:,} rows would decide at the share seen in time {seen.tally}. → Add rows"
    )


def clear(seen: Seen, *, noticed: float | None) -> str:
    """Too slow was not shown, and what would have been: a share of answers in time; None where none would."""
    said, limit = f"Clear. {seen.said}", milliseconds(seen.limit_ms)
    if noticed is None:
        return (
            f"{said} over {rows_of(seen.rows)}; the limit is {limit}. Weak look: {percentile(seen.quantile)} needs "
            "more rows before any slowness is noticed."
        )
    return (
        f"{said}, plausibly {_span(seen.interval_ms)}: not shown to exceed {limit} {seen.tally}. Would have noticed "
        f"{percent(noticed)} or fewer in time (80 % chance)."
    )


def missing(seen: Seen, *, harm_shown: bool) -> str:
    """The rows with a time would decide, but those without could undo it."""
    undone = f"Counting them as slower the {milliseconds(seen.limit_ms)} limit is not met."
    if harm_shown:
        undone = "Counting them as faster the slowness seen in the others is not shown."
    return (
        f"Not enough evidence. {place(seen.cohort)}: {seen.missing:,} of {rows_of(seen.rows + seen.missing)} "
        f"{'has' if seen.missing == 1 else 'have'} no {ENDINGS[seen.until]} of the student. {undone} "
        f"→ Retry the {seen.missing:,}"
    )


def unknown(cohort: str, *, until: str) -> str:
    """No row has such a time at all."""
    if until == "first_token":
        return (
            f"Latency unknown. {place(cohort)}: no answer of the student was read as a stream, so nobody knows when "
            "its first token came. → Stream the student"
        )
    return f"Latency unknown. {place(cohort)}: no row has a latency of the student. → Record latencies"


@dataclass(frozen=True, slots=True)
class SeenRatio:
    """The student's percentile over the teacher's, endless where the student's answer never came; fields as above."""

    cohort: str
    quantile: float
    ratio: float
    interval: Interval
    limit: float
    rows: int
    missing: int
    needed: int

    @property
    def said(self) -> str:
        start = f"{place(self.cohort)}: the student's {percentile(self.quantile)}"
        if not math.isfinite(self.ratio):
            return f"{start} is an answer that never came, and the teacher's came"
        return f"{start} latency is {self.ratio:.2f} times the teacher's"


def compared(seen: SeenRatio, verdict: str, reason: str | None) -> str:
    """A latency ratio against its limit, for each verdict a rule can give it."""
    low, high = _near(seen.interval.low, seen.limit), _near(seen.interval.high, seen.limit)
    if reason == "missing":
        return _compared_missing(seen)
    if seen.rows < seen.needed:
        # Too few rows for the teacher's quantile to have an upper limit, so no ratio can be shown either way.
        word = "Clear" if verdict == "clear" else "Not enough evidence"
        return (
            f"{word}. {seen.said} over {rows_of(seen.rows)}; the limit is {seen.limit:g}. Weak look: "
            f"{percentile(seen.quantile)} needs at least {seen.needed:,} rows."
        )
    if verdict == "pass":
        return f"Pass. {seen.said}, at most {high} plausible, within the {seen.limit:g} limit."
    if verdict == "fail":
        return f"Fail. {seen.said}; even the kindest reading is {low}, beyond the {seen.limit:g} limit."
    if verdict == "clear":
        return f"Clear. {seen.said}, plausibly {low} to {high}: not shown to exceed {seen.limit:g}."
    return f"Not enough evidence. {seen.said}, plausibly {low} to {high}; the limit is {seen.limit:g}. → Add rows"


def _compared_missing(seen: SeenRatio) -> str:
    undone = "Counting them as slower the limit is not met."
    if seen.interval.low > seen.limit:
        undone = "Counting them as faster the slowness seen in the others is not shown."
    if not seen.missing:
        return (
            f"Not enough evidence. {seen.said}, but the teacher's own answers that never came could hide a fast "
            "teacher. → Run the teacher again"
        )
    return (
        f"Not enough evidence. {place(seen.cohort)}: {seen.missing:,} of {rows_of(seen.rows + seen.missing)} "
        f"{'has' if seen.missing == 1 else 'have'} no latency of one of the models. {undone} → Retry the "
        f"{seen.missing:,}"
    )


def milliseconds(ms: float) -> str:
    """ "1,840 ms", "0.42 ms"; "endless" is an answer that never came."""
    if not math.isfinite(ms):
        return "endless"
    return f"{ms:,.0f} ms" if ms >= 10 or ms == round(ms) else f"{ms:.2g} ms"


def _span(interval: Interval) -> str:
    if not math.isfinite(interval.high):
        return f"{milliseconds(interval.low)} or more"
    return f"{milliseconds(interval.low)} to {milliseconds(interval.high)}"


def _near(value: float, limit: float) -> str:
    """A bound with as many decimals as it takes to tell it from the limit beside it, 2 to 4."""
    if not math.isfinite(value):
        return "endless"
    digits = 2
    while digits < 4 and f"{value:.{digits}f}" == f"{limit:.{digits}f}":
        digits += 1
    return f"{value:.{digits}f}"
