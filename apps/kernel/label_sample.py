"""Which answers people are asked to label: a random subset of the rows, some of each cohort, more where it matters."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apps.kernel.errors import InvalidInput
from apps.kernel.statistics.judge_error import FEWEST_LABELS
from apps.kernel.statistics.rectified import FEWEST_IN_STRATUM

FEWEST_ROWS, MOST_ROWS = 1, 2000
HIGH_VALUE_TIMES = 2
"""A row of a high-value cohort is drawn this many times as often; weights by cohort undo it in the global figure."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row both of whose answers can be labelled."""

    key: str
    cohort: str
    high_value: bool = False


def draw(candidates: Iterable[Candidate], *, rows: int, seed: str) -> tuple[str, ...]:
    """Keys of ``rows`` candidates, or of all when there are fewer; the same seed draws the same, whatever the order.

    Each cohort gives at least five, or all it has, and beyond that in proportion to its rows, a high-value one
    twice as many. Raises InvalidInput ``sample_size`` outside 1 to 2,000.
    """
    if not FEWEST_ROWS <= rows <= MOST_ROWS:
        raise InvalidInput(
            f"A sample has {FEWEST_ROWS} to {MOST_ROWS:,} rows, not {rows}.",
            code="sample_size",
            where={"field": "rows"},
        )
    groups: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.cohort, []).append(candidate)
    shares = {
        name: len(group) * (HIGH_VALUE_TIMES if group[0].high_value else 1) for name, group in sorted(groups.items())
    }
    quota = _quotas({name: len(group) for name, group in groups.items()}, shares, rows)
    return tuple(
        candidate.key
        for name in sorted(groups)
        for candidate in sorted(groups[name], key=lambda one: _place(seed, one.key))[: quota[name]]
    )


def shuffled(identifiers: Iterable[str], *, seed: str) -> list[str]:
    """The answers in an order that tells nothing of row or model, the same for the same seed."""
    return sorted(identifiers, key=lambda identifier: _place(f"{seed}/order", identifier))


def rows_to_correct(labelled: int) -> int:
    """How many further rows the whole needs with a label on both answers before a judge can be corrected."""
    return max(0, FEWEST_LABELS - labelled)


def _quotas(sizes: Mapping[str, int], shares: Mapping[str, int], rows: int) -> dict[str, int]:
    """The floor of each cohort first, then by share, the largest of what is left over; none beyond its size."""
    wanted = min(rows, sum(sizes.values()))
    quota = dict.fromkeys(sorted(sizes), 0)
    for _ in range(FEWEST_IN_STRATUM):
        for name in quota:
            if quota[name] < sizes[name] and sum(quota.values()) < wanted:
                quota[name] += 1
    while (left := wanted - sum(quota.values())) > 0:
        open_names = [name for name in quota if quota[name] < sizes[name]]
        total = math.fsum(shares[name] for name in open_names)
        exact = {name: left * shares[name] / total for name in open_names}
        given = {name: min(math.floor(exact[name]), sizes[name] - quota[name]) for name in open_names}
        if not any(given.values()):
            first = max(open_names, key=lambda name: (exact[name], name))
            given = {first: 1}
        for name, more in given.items():
            quota[name] += more
    return quota


def _place(seed: str, key: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{key}".encode()).digest()
