"""One cohort × evaluator of a scorecard: the paired scores it rests on and the figures they give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from apps.kernel.scorecard.clusters import Clusters
from apps.kernel.scorecard.pairs import Pairs
from apps.kernel.scorecard.repeats import Repeats

NOT_FINITE = "not_finite"


@dataclass(frozen=True, slots=True)
class Missing:
    """How many outcomes are missing in each arm, in how many pairs, and why (code -> count over both arms)."""

    teacher: int = 0
    student: int = 0
    pairs: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def merged(cls, parts: Iterable[Missing]) -> Missing:
        parts = list(parts)
        codes = sorted({code for part in parts for code in part.reasons})
        return cls(
            teacher=sum(part.teacher for part in parts),
            student=sum(part.student for part in parts),
            pairs=sum(part.pairs for part in parts),
            reasons={code: sum(part.reasons.get(code, 0) for part in parts) for code in codes},
        )

    def document(self) -> dict[str, object]:
        return {
            "teacher": self.teacher,
            "student": self.student,
            "pairs": self.pairs,
            "reasons": dict(sorted(self.reasons.items())),
        }


@dataclass(frozen=True, slots=True)
class PairedStratum:
    """The pairs of one cohort inside a cell; a cell of one cohort has one stratum of weight 1.

    ``clusters`` is None where rows are independent.
    """

    weight: float
    pairs: Pairs
    missing_pairs: int
    clusters: Clusters | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """Teacher against student for one evaluator in one cohort, or over all of them when ``cohort`` is ``"*"``.

    ``binary`` says that every score observed in either arm is 0 or 1. ``unweighable`` names cohorts that carry traffic
    and have no complete pair, so that the weighted figure does not exist. ``repeats`` is None where every row was
    answered once.
    """

    cohort: str
    evaluator: str
    strata: tuple[PairedStratum, ...]
    binary: bool
    missing: Missing
    unweighable: tuple[str, ...] = ()
    repeats: Repeats | None = None

    @property
    def n(self) -> int:
        """Complete pairs: rows with a score in both arms."""
        return sum(stratum.pairs.n for stratum in self.strata)

    @property
    def rows(self) -> int:
        """Rows the evaluator applies to, complete or not."""
        return self.n + self.missing.pairs

    @property
    def pooled(self) -> bool:
        """Whether all rows count alike, so that counts of losses and wins tell everything about binary scores."""
        return len(self.strata) == 1

    @property
    def clusters(self) -> Clusters | None:
        """The clusters of all strata together, None where no two rows of the cell share one."""
        parts = [stratum.clusters for stratum in self.strata if stratum.clusters is not None]
        merged = Clusters.merged(parts) if parts else None
        return merged if merged is not None and merged.is_grouped else None

    @property
    def is_counted(self) -> bool:
        """Whether losses and wins say everything: scores of 0 and 1, rows that count alike and are independent."""
        return self.binary and self.pooled and self.clusters is None

    @property
    def teacher(self) -> float | None:
        """Mean teacher score over complete pairs, weighted by stratum, 0 to 1."""
        return self._weighted([stratum.pairs.teacher_mean for stratum in self.strata])

    @property
    def student(self) -> float | None:
        """Mean student score over complete pairs, weighted by stratum, 0 to 1."""
        return self._weighted([stratum.pairs.student_mean for stratum in self.strata])

    @property
    def delta(self) -> float | None:
        """Student − teacher, −1 to 1; None when there is nothing to compare."""
        return self._weighted([stratum.pairs.delta for stratum in self.strata])

    @property
    def losses(self) -> int:
        """Pairs where the student scored less than the teacher."""
        return sum(count for s in self.strata for teacher, student, count in s.pairs.triples if student < teacher)

    @property
    def wins(self) -> int:
        """Pairs where the student scored more than the teacher."""
        return sum(count for s in self.strata for teacher, student, count in s.pairs.triples if student > teacher)

    def _weighted(self, means: list[float | None]) -> float | None:
        known = [mean for mean in means if mean is not None]
        if not known or len(known) < len(means) or self.unweighable:
            return None
        return math.fsum(stratum.weight * mean for stratum, mean in zip(self.strata, known, strict=True))
