"""What a run must do: which examples can be paired, in which batches, and which rows are not tried again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.kernel.errors import InvalidInput, Problem

EXAMPLES_QUOTED = 20
MEASURING_FAULT, WORKER_LOST = "student_", "worker_lost"
# Reasons that lie in the row: asking again would end the same way.
BY_THE_ROW = frozenset({"input_missing", "content_unsupported", "upstream_context_overflow"})
# A row that was being worked on when its worker died twice is tried alone, so that a row which kills its worker is told
# from those that stood beside it (reliability.md, P-05). A third loss convicts it if at most one of the run's workers
# died without it. Where others die as well, being hit again is no proof, and it takes more.
LOSSES_TO_SUSPECT, LOSSES_TO_CONVICT, LOSSES_TO_END = 2, 3, 10


class RowsLackField(InvalidInput):
    """An evaluator needs a column that some examples do not have."""

    code = "rows_lack_field"
    title = "Some examples lack a column that an evaluator needs"


@dataclass(frozen=True, slots=True)
class Pairing:
    """Examples both sides can answer, and how many others there are. Unpaired rows are counted, never scored 0."""

    keys: tuple[str, ...]
    teacher_only: int
    student_only: int
    neither: int
    unknown_teacher_outputs: int
    unknown_student_outputs: int

    def as_json(self) -> dict[str, int]:
        return {
            "teacher_only": self.teacher_only,
            "student_only": self.student_only,
            "neither": self.neither,
            "unknown_teacher_outputs": self.unknown_teacher_outputs,
            "unknown_student_outputs": self.unknown_student_outputs,
        }


def pair(examples: Iterable[str], *, teacher: Collection[str] | None, student: Collection[str] | None) -> Pairing:
    """Pair example keys. ``None`` for a side that is called live: it can answer every example."""
    known = set(examples)
    by_teacher = known if teacher is None else known & set(teacher)
    by_student = known if student is None else known & set(student)
    return Pairing(
        keys=tuple(sorted(by_teacher & by_student)),
        teacher_only=len(by_teacher - by_student),
        student_only=len(by_student - by_teacher),
        neither=len(known - by_teacher - by_student),
        unknown_teacher_outputs=0 if teacher is None else len(set(teacher) - known),
        unknown_student_outputs=0 if student is None else len(set(student) - known),
    )


def batches(keys: Sequence[str], *, size: int) -> Iterator[tuple[str, ...]]:
    """Cut sorted keys into batches of at most ``size``."""
    for start in range(0, len(keys), size):
        yield tuple(keys[start : start + size])


def check_fields(contents: Mapping[str, Mapping[str, object]], needed: Sequence[str], *, evaluator: str) -> None:
    """Raise RowsLackField unless each example has a value under every needed column."""
    for name in needed:
        lacking = [key for key, content in contents.items() if content.get(name) is None]
        if lacking:
            raise RowsLackField(
                f"The evaluator '{evaluator}' needs '{name}', and {len(lacking)} of {len(contents)} examples lack it.",
                where={"evaluator": evaluator, "column": name},
                fix="Add the column, or let the evaluator score only cohorts that have it.",
                errors=[
                    Problem("rows_lack_field", f"example '{key}' has no '{name}'", {"example": key})
                    for key in sorted(lacking)[:EXAMPLES_QUOTED]
                ],
            )


@dataclass(frozen=True, slots=True)
class Care:
    """How a batch's rows are to be handled by what happened to them: ``lost`` are given up, ``alone`` tried singly."""

    lost: frozenset[str]
    alone: tuple[str, ...]


def after_loss(losses: Mapping[str, int], suspects: Iterable[str], *, deaths: int) -> dict[str, int]:
    """Losses by example after one more worker died with these examples in its hands.

    ``deaths`` are those of the run's workers so far, this one included. An example that is convicted has LOSSES_TO_END.
    """
    counted = dict(losses)
    for example in suspects:
        count = counted.get(example, 0) + 1
        is_convicted = count >= LOSSES_TO_CONVICT and deaths <= count + 1
        counted[example] = LOSSES_TO_END if is_convicted else count
    return counted


def care(losses: Mapping[str, int]) -> Care:
    """Which examples are given up, and which are tried one at a time."""
    return Care(
        lost=frozenset(example for example, count in losses.items() if count >= LOSSES_TO_END),
        alone=tuple(sorted(ex for ex, count in losses.items() if LOSSES_TO_SUSPECT <= count < LOSSES_TO_END)),
    )


def is_measuring_worth_retrying(reason: str) -> bool:
    """Likewise of an answer that could not be measured: only where the call failed, or its worker was lost."""
    fault = reason.removeprefix(MEASURING_FAULT)
    return (fault != reason or reason == WORKER_LOST) and is_worth_retrying(fault)


def is_worth_retrying(reason: str) -> bool:
    """Could asking again mend what is missing for this reason? Not where the row itself is the reason."""
    return reason not in BY_THE_ROW
