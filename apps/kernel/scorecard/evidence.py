"""What a scorecard is assembled from: the rows of a run, the cohorts and the evaluators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.statistics.divergence import RowDivergence, RowMissing

NO_OUTPUT = "no_output"
"""The fault of an arm that has no output at all for a row the other arm answered."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One model's part in a row: its answer, and in ``repeats`` its further answers to the same row, in their order.

    ``scores`` maps an evaluator's name to its outcome. ``cost_usd`` is the sum over all attempts, None when an attempt
    has no price. ``latency_ms`` is end to end, ``first_token_ms`` until the first token came; None when unknown.
    ``fault`` is the code of what went wrong, if any; ``finish`` the provider's word for how the answer ended.
    """

    scores: Mapping[str, Outcome] = field(default_factory=dict)
    cost_usd: Decimal | None = None
    latency_ms: float | None = None
    fault: str | None = None
    first_token_ms: float | None = None
    finish: str | None = None
    repeats: tuple[Arm, ...] = ()

    @property
    def runs(self) -> tuple[Arm, ...]:
        """Every answer of the arm to this row, the first one first."""
        return (self, *self.repeats) if self.repeats else (self,)


@dataclass(frozen=True, slots=True)
class Row:
    """One example answered by both arms. An evaluator absent from both arms does not apply to the row.

    ``cluster`` names what rows have in common that makes them no independent evidence: a conversation, a document, a
    customer. ``divergence`` is what the stored token lists of both arms say, None when neither arm stored any.
    """

    key: str
    cohort: str
    teacher: Arm
    student: Arm
    cluster: str | None = None
    divergence: RowDivergence | RowMissing | None = None


@dataclass(frozen=True, slots=True)
class Cohort:
    """A labelled slice of the examples; ``weight`` is its share of traffic, 0 to 1, all weights summing to 1."""

    name: str
    high_value: bool = False
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Evaluator:
    """An evaluator of the suite. Proofs look at the primary ones."""

    name: str
    primary: bool = True


@dataclass(frozen=True, slots=True)
class Unpaired:
    """How many examples lack an output of the student, of the teacher, or of both.

    An example answered by one arm may also come as a ``Row`` whose silent arm has the fault ``NO_OUTPUT``; then the
    gate knows its cohort. One that does not come as a row is weighed as if it could belong to any cohort.
    """

    teacher_only: int = 0
    student_only: int = 0
    neither: int = 0

    @property
    def one_sided(self) -> int:
        return self.teacher_only + self.student_only
