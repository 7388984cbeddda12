"""What asking more than once leaves behind: averages that stand for a row, and the teacher's scores run by run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.kernel.scorecard.pairs import SCORE_DIGITS

Runs = tuple[float, ...]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often a cell's rows were answered and scored.

    ``teacher_runs``, ``student_runs``: answers asked of each arm a row. ``incomplete``: rows with a score in some runs
    of an arm and none in others; they count by the mean of those they have. ``teacher_scores``: the teacher's scores of
    a row, ascending, with the number of rows that have just these.
    """

    teacher_runs: int
    student_runs: int
    incomplete: int
    teacher_scores: tuple[tuple[Runs, int], ...]

    @classmethod
    def of(cls, runs: tuple[int, int], incomplete: int, teacher_scores: Mapping[Runs, int]) -> Repeats:
        return cls(*runs, incomplete, tuple(sorted(teacher_scores.items())))

    @classmethod
    def merged(cls, parts: Iterable[Repeats]) -> Repeats:
        """All rows of the parts."""
        parts = list(parts)
        scores: Counter[Runs] = Counter()
        for part in parts:
            scores.update(dict(part.teacher_scores))
        runs = max(part.teacher_runs for part in parts), max(part.student_runs for part in parts)
        return cls.of(runs, sum(part.incomplete for part in parts), scores)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Repeats:
        scores = {tuple(float(score) for score in runs): int(count) for runs, count in document["teacher_scores"]}
        runs = int(document["teacher_runs"]), int(document["student_runs"])
        return cls.of(runs, int(document["incomplete"]), scores)

    def document(self) -> dict[str, object]:
        return {
            "teacher_runs": self.teacher_runs,
            "student_runs": self.student_runs,
            "incomplete": self.incomplete,
            "teacher_scores": [[list(runs), count] for runs, count in self.teacher_scores],
        }

    @property
    def averaged(self) -> int:
        """Over how many answers of each arm a score is averaged, the fewer of the two."""
        return min(self.teacher_runs, self.student_runs)

    def table(self) -> Floats:
        """The teacher's scores as rows × runs, NaN for a gap."""
        width = max((len(runs) for runs, _ in self.teacher_scores), default=0)
        lines = np.full((len(self.teacher_scores), width), np.nan)
        for place, (runs, _) in enumerate(self.teacher_scores):
            lines[place, : len(runs)] = runs
        spread: Floats = np.repeat(lines, [count for _, count in self.teacher_scores], axis=0)
        return spread


def mean_of(scores: Sequence[float | None]) -> float | None:
    """The mean over the runs that have a score, None when none has: what stands for the row, whatever the runs."""
    known = [score for score in scores if score is not None]
    return round(math.fsum(known) / len(known), SCORE_DIGITS) if known else None
