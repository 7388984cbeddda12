"""A run as a frozen plan in rows: batches with leases, what each model answered, what each evaluator found."""

from apps.evals.execute.work import ANSWERING, JUDGING, MEASURING
from apps.evals.models.answers import Attempt, Generation, Likelihood, Score
from apps.evals.models.counts import ANSWER, CALL, MEASURED, PLANNED_EXAMPLES, SCORE, SUBJECTS, Pulse, Tally
from apps.evals.models.runs import (
    BITS_PER_BYTE,
    DIVERGENCES,
    EVIDENCE,
    PURPOSES,
    ROLES,
    SELECTION,
    STAGES,
    STUDENT,
    TEACHER,
    Batch,
    EvalRun,
    Seat,
)

__all__ = [
    "ANSWER",
    "ANSWERING",
    "BITS_PER_BYTE",
    "CALL",
    "DIVERGENCES",
    "EVIDENCE",
    "JUDGING",
    "MEASURED",
    "MEASURING",
    "PLANNED_EXAMPLES",
    "PURPOSES",
    "ROLES",
    "SCORE",
    "SELECTION",
    "STAGES",
    "STUDENT",
    "SUBJECTS",
    "TEACHER",
    "Attempt",
    "Batch",
    "EvalRun",
    "Generation",
    "Likelihood",
    "Pulse",
    "Score",
    "Seat",
    "Tally",
]
