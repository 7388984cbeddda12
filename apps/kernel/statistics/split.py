"""Whether traffic is split as it was meant to be: an e-value of the observed shares (SRM; statistics.md §4.10).

Robbins' mixture over the student's true share, Beta distributed around the intended one; for two arms it is the test of
Lindon and Malek 2022 (arXiv 2011.03567). It may be looked at after every conversation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaln

from apps.kernel.statistics.interval import EvidenceUnusable

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

# How tightly the mixture sits around the intended share: as after so many conversations.
PRIOR_STRENGTH = 100.0
ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class Split:
    """Conversations since the ``share`` meant for the student (0 to 1) last changed; ``carried``: log E until then."""

    share: float
    students: int = 0
    teachers: int = 0
    carried: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise EvidenceUnusable(
                f"The student's share lies between 0 and 1, not at {self.share}; at 0 or 1 nothing is split.",
                code="share_out_of_range",
            )
        if self.students < 0 or self.teachers < 0:
            raise EvidenceUnusable("A count is negative.", code="counts_do_not_fit")

    @property
    def log_e(self) -> float:
        return self.carried + float(log_e(self.students, self.teachers, share=self.share))

    @property
    def is_broken(self) -> bool:
        """E is at 100 or more, which a split as intended reaches with a chance of at most 0.01, ever."""
        return self.log_e >= -math.log(ALPHA)

    def document(self) -> dict[str, object]:
        return {
            "share": self.share,
            "students": self.students,
            "teachers": self.teachers,
            "carried": self.carried,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Split:
        return cls(**document)  # type: ignore[arg-type]


def advance(state: Split, *, student: bool) -> Split:
    """The state after one more conversation was sent to the student, or to the teacher."""
    return replace(state, students=state.students + student, teachers=state.teachers + (not student))


def reweighted(state: Split, share: float) -> Split:
    """Counting begins anew for another intended share; what E had reached stays, as the product of both is an E too."""
    return Split(share, carried=state.log_e)


def log_e(students: int | Floats, teachers: int | Floats, *, share: float) -> Floats:
    """log of ∫ L(q) Beta(q) dq / L(share), L the likelihood of these counts; the prior is 100 conversations strong."""
    a, b = PRIOR_STRENGTH * share, PRIOR_STRENGTH * (1 - share)
    mixed = betaln(a + students, b + teachers) - betaln(a, b)
    return np.asarray(mixed - students * math.log(share) - teachers * math.log1p(-share))
