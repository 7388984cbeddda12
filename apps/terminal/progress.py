"""A run's progress on one line of a terminal; without a terminal, a line each tenth of the way."""

from __future__ import annotations

from decimal import Decimal
from typing import TextIO

from apps.evals.queries import Progress


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
    parts.append(f"{progress.scored} scores")
    if progress.missing:
        parts.append(f"{progress.missing} missing")
    parts.append(usd(progress.spend_usd) + (f" of ≈ {usd(progress.projected_usd)}" if progress.projected_usd else ""))
    if progress.unpriced_answers:
        parts.append(f"{progress.unpriced_answers} unpriced")
    if progress.seconds_left:
        parts.append(f"≈ {progress.seconds_left:.0f} s left")
    parts.extend(f"{count}× {fault}" for fault, count in sorted(progress.faults.items()))
    return " · ".join(parts)
