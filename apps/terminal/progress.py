"""A run's progress on one line of a terminal; without a terminal, a line each tenth of the way."""

from __future__ import annotations

from decimal import Decimal
from typing import TextIO

from apps.evals.progress import Progress


class Line:
    """Rewrites itself on a terminal and keeps quiet between tenths elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rewrites = stream.isatty()
        self._tenth = -1

    def show(self, name: str, progress: Progress) -> None:
        text = sentence(name, progress)
        if self._rewrites:
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()
        elif int(progress.share_done * 10) > self._tenth:
            self._tenth = int(progress.share_done * 10)
            self._stream.write(f"{text}\n")

    def end(self) -> None:
        if self._rewrites:
            self._stream.write("\n")


def usd(value: Decimal) -> str:
    """US dollars with four decimals, for a terminal: "$0.0012"."""
    return f"${value:.4f}"


def duration(seconds: float) -> str:
    """A stretch of time for a terminal: "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def sentence(name: str, progress: Progress) -> str:
    """What has been done, what it cost so far and may cost in all, and how long it may still take."""
    parts = [f"{name} {progress.status.lower()}: {progress.answered}/{progress.planned_answers} answers"]
    if progress.reused:
        parts.append(f"{progress.reused} reused")
    if progress.judgements:
        done, judgements = progress.judgements
        parts.append(f"judging {done}/{judgements}")
    done, batches = (progress.stages or {}).get("measuring", (0, 0))
    if batches:
        parts.append(f"measuring {done}/{batches}")
    parts.append(f"{progress.scored} scores")
    if progress.missing:
        parts.append(f"{progress.missing} missing")
    parts.append(_money(progress))
    if progress.checking_usd:
        parts.append(f"{usd(progress.checking_usd)} for checking the judge")
    if progress.unpriced_answers:
        parts.append(f"{progress.unpriced_answers} unpriced")
    if progress.seconds_left_range and not progress.paused_because:
        least, most = (duration(seconds) for seconds in progress.seconds_left_range)
        parts.append(f"≈ {least} left" if least == most else f"{least} to {most} left")
    parts.extend(f"{count}× {fault}" for fault, count in sorted(progress.faults.items()))
    return " · ".join(parts)


def _money(progress: Progress) -> str:
    """Certain and unconfirmed spend of this run's own calls; what it counts at list price where that is another sum."""
    told = usd(progress.certain_usd)
    if progress.unconfirmed_usd:
        told += f" (up to {usd(progress.unconfirmed_usd)} more)"
    if progress.budget_usd is not None:
        return f"{told} of {usd(progress.budget_usd)}"
    return told + (f" of ≈ {usd(progress.projected_usd)}" if progress.projected_usd else "")
