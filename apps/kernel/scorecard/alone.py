"""Times of one arm in rows where the other has none: no pair, and yet all there is to know of that arm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counted = tuple[tuple[float, int], ...]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Alone:
    """(ms, count) of each arm, sorted: equal times in any order give an equal value."""

    teacher: Counted = ()
    student: Counted = ()

    @classmethod
    def counted(cls, teacher: Mapping[float, int], student: Mapping[float, int], *, digits: int) -> Alone:
        return cls(*(_rounded(counts, digits) for counts in (teacher, student)))

    @classmethod
    def merged(cls, parts: Iterable[Alone]) -> Alone:
        """All times of the parts as one value."""
        sides: tuple[Counter[float], Counter[float]] = Counter(), Counter()
        for part in parts:
            for side, counted in zip(sides, (part.teacher, part.student), strict=True):
                for ms, count in counted:
                    side[ms] += count
        return cls(*(tuple(sorted(side.items())) for side in sides))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Alone:
        return cls(_read(document["teacher"]), _read(document["student"]))

    def document(self) -> dict[str, object]:
        return {"teacher": [list(one) for one in self.teacher], "student": [list(one) for one in self.student]}

    def __bool__(self) -> bool:
        return bool(self.teacher or self.student)

    def teacher_values(self) -> Floats:
        """One float per row, ascending."""
        return _spread(self.teacher)

    def student_values(self) -> Floats:
        """One float per row, ascending."""
        return _spread(self.student)


@dataclass(slots=True)
class TimeCounts:
    """Times of one moment while rows are counted: where both arms have one, and where only one has."""

    pairs: Counter[tuple[float, float]] = field(default_factory=Counter)
    teacher: Counter[float] = field(default_factory=Counter)
    student: Counter[float] = field(default_factory=Counter)

    def take(self, teacher_ms: float | None, student_ms: float | None, count: int) -> None:
        if teacher_ms is not None and student_ms is not None:
            self.pairs[teacher_ms, student_ms] += count
        elif teacher_ms is not None:
            self.teacher[teacher_ms] += count
        elif student_ms is not None:
            self.student[student_ms] += count

    def alone(self, *, digits: int) -> Alone:
        return Alone.counted(self.teacher, self.student, digits=digits)


def _rounded(counts: Mapping[float, int], digits: int) -> Counted:
    rounded: Counter[float] = Counter()
    for ms, count in counts.items():
        rounded[round(ms, digits) + 0.0] += count
    return tuple(sorted(rounded.items()))


def _read(counted: Sequence[Sequence[float]]) -> Counted:
    return tuple((float(ms), int(count)) for ms, count in counted)


def _spread(counted: Counted) -> Floats:
    spread: Floats = np.repeat(np.array([ms for ms, _ in counted], dtype=np.float64), [n for _, n in counted])
    return spread
