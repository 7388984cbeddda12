"""Paired values with their counts: the one shape in which a card keeps scores, costs and latencies."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

SCORE_DIGITS = 9

Triple = tuple[float, float, int]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """(teacher, student, count) triples, sorted: equal pairs in any order give an equal value."""

    triples: tuple[Triple, ...] = ()

    @classmethod
    def of(cls, values: Iterable[tuple[float, float]], *, digits: int) -> Pairs:
        """Count finite pairs after rounding both sides to ``digits`` decimals."""
        return cls.counted(Counter(values), digits=digits)

    @classmethod
    def counted(cls, counts: Mapping[tuple[float, float], int], *, digits: int) -> Pairs:
        """The same from pairs that were counted before they were rounded."""
        rounded: Counter[tuple[float, float]] = Counter()
        for (teacher, student), count in counts.items():
            # Adding 0.0 turns -0.0 into 0.0; the two compare equal but are spelled differently in JSON.
            rounded[round(teacher, digits) + 0.0, round(student, digits) + 0.0] += count
        return cls(tuple((teacher, student, count) for (teacher, student), count in sorted(rounded.items())))

    @classmethod
    def merged(cls, parts: Iterable[Pairs]) -> Pairs:
        """All pairs of the parts as one value."""
        counts: Counter[tuple[float, float]] = Counter()
        for part in parts:
            for teacher, student, count in part.triples:
                counts[teacher, student] += count
        return cls(tuple((teacher, student, count) for (teacher, student), count in sorted(counts.items())))

    @classmethod
    def from_document(cls, triples: Sequence[Sequence[float]]) -> Pairs:
        return cls(tuple((float(teacher), float(student), int(count)) for teacher, student, count in triples))

    def document(self) -> list[list[float]]:
        return [[teacher, student, count] for teacher, student, count in self.triples]

    @property
    def n(self) -> int:
        return sum(count for _, _, count in self.triples)

    @property
    def teacher_mean(self) -> float | None:
        return self._mean([teacher * count for teacher, _, count in self.triples])

    @property
    def student_mean(self) -> float | None:
        return self._mean([student * count for _, student, count in self.triples])

    @property
    def delta(self) -> float | None:
        """Mean of student − teacher, None without pairs."""
        return self._mean([round(student - teacher, 9) * count for teacher, student, count in self.triples])

    def teacher_values(self) -> Floats:
        """One float per pair, in the order of ``student_values``."""
        return self._spread([teacher for teacher, _, _ in self.triples])

    def student_values(self) -> Floats:
        """One float per pair, in the order of ``teacher_values``."""
        return self._spread([student for _, student, _ in self.triples])

    def _spread(self, values: list[float]) -> Floats:
        repeated = np.repeat(np.asarray(values, dtype=np.float64), [count for _, _, count in self.triples])
        return cast(Floats, repeated)

    def _mean(self, products: list[float]) -> float | None:
        return math.fsum(products) / self.n if self.triples else None
