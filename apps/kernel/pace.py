"""How long calls will take, as a range: how many run at once is known, how long each takes only from earlier ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Lane:
    """Calls to one model. ``seconds`` of a call as usual and when slow, None where none was ever made.

    Models behind one ``endpoint`` share its ``concurrency`` and its ``requests_per_minute`` (None: no limit).
    """

    endpoint: str
    calls: int
    seconds: tuple[float, float] | None
    concurrency: int
    requests_per_minute: int | None = None


def duration_s(answering: Sequence[Lane], judging: Sequence[Lane]) -> tuple[float, float] | None:
    """The least and the most seconds of these calls together; None where nothing tells how long a call takes.

    At the least every call is as quick as usual and judges keep up with the answers; at the most every call is slow and
    the judges begin with the last answer. Endpoints work side by side.
    """
    called = [lane for lane in (*answering, *judging) if lane.calls]
    if any(lane.seconds is None for lane in called):
        return None
    least = _longest(called, end=0)
    most = sum(_longest([lane for lane in stage if lane.calls], end=1) for stage in (answering, judging))
    return least, most


def _longest(lanes: Iterable[Lane], *, end: int) -> float:
    by_endpoint: dict[str, list[Lane]] = defaultdict(list)
    for lane in lanes:
        by_endpoint[lane.endpoint].append(lane)
    return max((_seconds(shared, end) for shared in by_endpoint.values()), default=0.0)


def _seconds(shared: Sequence[Lane], end: int) -> float:
    """All the calls of one endpoint, at its concurrency or at its rate, whichever is slower."""
    calls = sum(lane.calls for lane in shared)
    busy = sum(lane.calls * lane.seconds[end] for lane in shared if lane.seconds is not None)
    # Fewer calls than fit at once take as long as one.
    slowest = max(lane.seconds[end] for lane in shared if lane.seconds is not None)
    worked = max(busy / min(lane.concurrency for lane in shared), slowest)
    rates = [lane.requests_per_minute for lane in shared if lane.requests_per_minute]
    return max(worked, calls * MINUTE_S / min(rates)) if rates else worked
