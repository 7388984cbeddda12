"""Rows that belong together, as a card keeps them: how many of each cluster, and what their scores add up to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from apps.kernel import digest
from apps.kernel.scorecard.pairs import SCORE_DIGITS, Pairs

ID_DIGITS = 12
Entry = tuple[str, int, float, float, int]


@dataclass(frozen=True, slots=True)
class Clusters:
    """(id, complete pairs, sum of teacher scores, sum of student scores, missing pairs), sorted by id."""

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, pairs: Mapping[str, Pairs], missing: Mapping[str, int]) -> Clusters:
        """From each cluster's complete pairs and its count of missing ones."""
        return cls(
            tuple(_entry(name, pairs.get(name, Pairs()), missing.get(name, 0)) for name in sorted({*pairs, *missing}))
        )

    @classmethod
    def merged(cls, parts: Iterable[Clusters]) -> Clusters:
        """The parts as one; a cluster that lies in several of them is one cluster."""
        groups: dict[str, list[Entry]] = {}
        for part in parts:
            for entry in part.entries:
                groups.setdefault(entry[0], []).append(entry)
        return cls(tuple(_joined(name, groups[name]) for name in sorted(groups)))

    @classmethod
    def from_document(cls, entries: Sequence[Sequence[object]]) -> Clusters:
        return cls(
            tuple(
                (str(name), int(n), float(teacher), float(student), int(missing))  # type: ignore[call-overload, arg-type]
                for name, n, teacher, student, missing in entries
            )
        )

    def document(self) -> list[list[object]]:
        return [list(entry) for entry in self.entries]

    @property
    def count(self) -> int:
        """Clusters with at least one complete pair."""
        return sum(1 for _, n, _, _, _ in self.entries if n)

    @property
    def is_grouped(self) -> bool:
        """Whether any two rows share a cluster. Where none do, rows are as independent as without clusters."""
        return any(n + missing > 1 for _, n, _, _, missing in self.entries)


@lru_cache(maxsize=65536)
def cluster_id(name: str | None, *, key: str = "") -> str:
    """A short digest in place of the name, which may be a customer's. A row without a cluster is one of its own.

    Two names that should fall together, one chance in 2⁴⁸ a pair, would be counted as one cluster: the careful side.
    """
    named: dict[str, object] = {"cluster": name} if name else {"row": key}
    return digest.of(named).removeprefix(digest.PREFIX)[:ID_DIGITS]


def _entry(name: str, pairs: Pairs, missing: int) -> Entry:
    teacher = math.fsum(teacher * count for teacher, _, count in pairs.triples)
    student = math.fsum(student * count for _, student, count in pairs.triples)
    return name, pairs.n, round(teacher, SCORE_DIGITS), round(student, SCORE_DIGITS), missing


def _joined(name: str, entries: Sequence[Entry]) -> Entry:
    _, counts, teachers, students, missing = zip(*entries, strict=True)
    teacher, student = (round(math.fsum(sums), SCORE_DIGITS) for sums in (teachers, students))
    return name, sum(counts), teacher, student, sum(missing)
