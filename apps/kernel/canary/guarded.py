"""One guard at work: conversations gathered into blocks, and what the blocks have shown (statistics.md §4.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import cast

from apps.kernel.statistics import sequential
from apps.kernel.statistics.sequential import EProcess


@dataclass(frozen=True, slots=True)
class Tally:
    """Conversations of both models with the sums of their values, 0 to 1 each."""

    students: int = 0
    student_total: float = 0.0
    teachers: int = 0
    teacher_total: float = 0.0

    def plus(self, value: float, *, is_student: bool) -> Tally:
        if is_student:
            return replace(self, students=self.students + 1, student_total=self.student_total + value)
        return replace(self, teachers=self.teachers + 1, teacher_total=self.teacher_total + value)

    def and_also(self, other: Tally) -> Tally:
        return Tally(
            self.students + other.students,
            self.student_total + other.student_total,
            self.teachers + other.teachers,
            self.teacher_total + other.teacher_total,
        )

    @property
    def is_whole(self) -> bool:
        """There is a conversation of each model."""
        return bool(self.students and self.teachers)

    @property
    def means(self) -> tuple[float, float]:
        """The student's and the teacher's mean value; only of a whole tally."""
        return self.student_total / self.students, self.teacher_total / self.teachers


NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Guarded:
    """``harm``: E against "no loss beyond the limit". ``proof``: E against "a loss of at least what must be ruled out".

    ``open``: conversations since the last block; ``seen``: those of all closed blocks.
    """

    harm: EProcess
    proof: EProcess | None
    open: Tally = NOTHING
    seen: Tally = NOTHING

    def document(self) -> dict[str, object]:
        return {
            "harm": self.harm.document(),
            "proof": None if self.proof is None else self.proof.document(),
            "open": asdict(self.open),
            "seen": asdict(self.seen),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Guarded:
        parts = cast("Mapping[str, dict[str, float] | None]", document)
        harm, proof, unfinished, seen = (parts[name] for name in ("harm", "proof", "open", "seen"))
        return cls(
            EProcess.from_document(harm or {}),
            None if proof is None else EProcess.from_document(proof),
            Tally(**(unfinished or {})),  # type: ignore[arg-type]
            Tally(**(seen or {})),  # type: ignore[arg-type]
        )


def guarded(limit: float, prove_within: float | None) -> Guarded:
    """Nothing seen yet. The proof is the same bet on the student's gain, against "a gain of at most −prove_within"."""
    return Guarded(EProcess(limit), None if prove_within is None else EProcess(-prove_within))


def add(guard: Guarded, value: float, *, is_student: bool) -> Guarded:
    """One more conversation. A block closes with the first conversation that gives it one of each model.

    At a small share of traffic that is a student's conversation and the teacher's since the one before; where the
    student has most of the traffic, the other way around. Which conversations meet is drawn by the split alone, never
    by what they scored, so that an equal student's block has a mean of 0.
    """
    block = guard.open.plus(value, is_student=is_student)
    if not block.is_whole:
        return replace(guard, open=block)
    student, teacher = block.means
    loss = teacher - student
    return Guarded(
        sequential.advance(guard.harm, loss),
        None if guard.proof is None else sequential.advance(guard.proof, -loss),
        seen=guard.seen.and_also(block),
    )


def restarted(guard: Guarded) -> Guarded:
    """A new block, for another split of traffic; the evidence carries on."""
    return replace(guard, open=NOTHING)
