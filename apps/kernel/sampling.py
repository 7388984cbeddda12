"""A uniform sample that many workers can take together and anybody can take again (statistics.md §4.11).

Bottom-k by keyed hash: every trace has a place in the draw, its hash under a seed, and the k smallest places are drawn.
Who sees a trace, in which order and how often does not matter, as it would to a reservoir. Samples that merge: Cohen
and Kaplan 2007, Summarizing Data Using Bottom-k Sketches (PODC); the estimate of how many were seen: Bar-Yossef et al.
2002, Counting Distinct Elements in a Data Stream (RANDOM).
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import TypeVar, cast

from apps.kernel.errors import InvalidInput

SEED_LENGTH = 64
MOST_TRACES = 100_000
# Kept beyond those drawn, in tenths: so many can be deleted before a sample runs short.
SPARE_TENTHS = 2
PLACE_BYTES = 16
K = TypeVar("K", str, tuple[str, bool])


class SampleRefused(InvalidInput):
    """A sample of this size, with this seed or of these parts cannot be taken."""

    code = "sample_refused"
    title = "The sample cannot be taken like this"


@dataclass(frozen=True, slots=True)
class Trace:
    """One conversation of live traffic: its id, unique in the window, and where it belongs; ``day`` as YYYY-MM-DD."""

    id: str
    cohort: str
    day: str


@dataclass(frozen=True, slots=True)
class WindowSample:
    """Traces of one cohort and day, by their place in the draw: ``size`` are drawn, a fifth more are kept in reserve.

    ``bound``: the first place that was let go, as hexadecimal text; below it every trace seen is in ``kept``. None
    while nothing was let go. Take one with ``draw``.
    """

    size: int
    seed: str
    kept: tuple[str, ...] = ()
    bound: str | None = None

    @property
    def drawn(self) -> tuple[str, ...]:
        """The traces of the sample, by place: each trace seen had the same chance."""
        return self.kept[: self.size]

    @property
    def is_short(self) -> bool:
        """More was deleted than the reserve held: fewer are drawn than were seen, still each with the same chance."""
        return self.bound is not None and len(self.kept) < self.size

    @property
    def seen_about(self) -> float:
        """How many different traces were seen and not deleted: exact while nothing was let go, an estimate after.

        Its standard error is about one part in the root of the traces kept. A trace told twice counts once.
        """
        if self.bound is None:
            return float(len(self.kept))
        return len(self.kept) / ((int(self.bound, 16) + 1) / 2.0 ** (8 * PLACE_BYTES))

    def weight(self, total: int) -> float:
        """How many traces each drawn one stands for, out of ``total`` in the window. Raises SampleRefused."""
        if total < len(self.drawn) or not self.drawn:
            raise SampleRefused(
                f"{len(self.drawn):,} traces drawn cannot stand for {total:,}.", code="sample_total_impossible"
            )
        return total / len(self.drawn)

    def document(self) -> dict[str, object]:
        return {"size": self.size, "seed": self.seed, "kept": list(self.kept), "bound": self.bound}

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> WindowSample:
        kept = cast("list[str]", document["kept"])
        return cls(**{**document, "kept": tuple(kept)})  # type: ignore[arg-type]


def rank(key: str, seed: str) -> bytes:
    """The place of a row or trace in the draw: BLAKE2b of its key under the seed."""
    return hashlib.blake2b(key.encode(), key=seed.encode(), digest_size=PLACE_BYTES).digest()


def smallest(keys: Iterable[str], count: int, *, seed: str) -> list[str]:
    """The first ``count`` keys of the draw, or all where there are fewer, by place."""
    return heapq.nsmallest(count, keys, key=lambda key: rank(key, seed))


def shared_out(rows: int, weights: Mapping[K, float]) -> dict[K, int]:
    """So many rows over groups by weight, by largest remainder; in all ``rows`` where the weights sum to 1."""
    exact = {name: rows * weight for name, weight in sorted(weights.items())}
    given = {name: math.floor(share + 1e-9) for name, share in exact.items()}
    by_remainder = sorted(exact, key=lambda name: (given[name] - exact[name], name))
    for name in by_remainder[: max(0, rows - sum(given.values()))]:
        given[name] += 1
    return given


def draw(traces: Iterable[str], *, size: int, seed: str) -> WindowSample:
    """Draw ``size`` of the traces with these ids. Raises SampleRefused: ``window_sample_size``, ``seed_invalid``."""
    if not 1 <= size <= MOST_TRACES:
        raise SampleRefused(f"A sample has 1 to {MOST_TRACES:,} traces, not {size:,}.", code="window_sample_size")
    if not 1 <= len(seed.encode()) <= SEED_LENGTH:
        raise SampleRefused(f"A seed is text of 1 to {SEED_LENGTH} bytes.", code="seed_invalid")
    return _kept(WindowSample(size, seed), traces)


def merge(one: WindowSample, other: WindowSample) -> WindowSample:
    """The sample of all traces that either has seen, equal to one taken of all at once; a trace in both counts once.

    Raises SampleRefused ``samples_unlike`` for samples of other sizes or seeds.
    """
    if (one.size, one.seed) != (other.size, other.seed):
        raise SampleRefused("Samples are merged when they were taken with one size and seed.", code="samples_unlike")
    bounds = [bound for bound in (one.bound, other.bound) if bound is not None]
    return _kept(replace(one, kept=(), bound=min(bounds, default=None)), (*one.kept, *other.kept))


def without(taken: WindowSample, deleted: Iterable[str]) -> WindowSample:
    """The sample once these traces are deleted; the reserve moves up.

    A deleted trace that is told again would be drawn again, so whoever deletes keeps it from being told.
    """
    gone = set(deleted)
    return replace(taken, kept=tuple(key for key in taken.kept if key not in gone))


def gather(traces: Iterable[Trace], *, size: int, seed: str) -> dict[tuple[str, str], WindowSample]:
    """A sample of each cohort and day among the traces. Raises as ``draw``."""
    groups: dict[tuple[str, str], list[str]] = {}
    for trace in traces:
        groups.setdefault((trace.cohort, trace.day), []).append(trace.id)
    return {place: draw(ids, size=size, seed=seed) for place, ids in sorted(groups.items())}


def over_days(samples: Iterable[WindowSample]) -> WindowSample:
    """One sample of several days or workers. Raises SampleRefused ``samples_unlike``, also for none."""
    parts = list(samples)
    if not parts:
        raise SampleRefused("There is no sample to merge.", code="samples_unlike")
    return reduce(merge, parts)


def _kept(empty: WindowSample, traces: Iterable[str]) -> WindowSample:
    """As many of these as are kept, below the bound; the next place is the new bound."""
    most = math.ceil(empty.size * (10 + SPARE_TENTHS) / 10)
    places = ((rank(key, empty.seed).hex(), key) for key in set(traces))
    below = ((place, key) for place, key in places if empty.bound is None or place < empty.bound)
    first = heapq.nsmallest(most + 1, below)
    bound = first[most][0] if len(first) > most else empty.bound
    return replace(empty, kept=tuple(key for _, key in first[:most]), bound=bound)
