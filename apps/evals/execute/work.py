"""What a slice of a run needs, loaded at once as plain values, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from apps.inference.client import Address
from apps.kernel import chat, price
from apps.kernel.evaluators.contract import Outcome

ANSWERING, JUDGING, MEASURING = "answering", "judging", "measuring"
# Who says how likely an answer of the teacher is.
MEASURED_BY = "student"
# What a row ends in that took its worker with it until it was given up.
WORKER_LOST = "worker_lost"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer that was given earlier and imported."""

    output: str | None
    usage: chat.Usage | None
    latency_ms: float | None
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of the run, or a judge. ``address`` None: its answers are recorded, by example key."""

    role: str
    address: Address | None
    model: str
    parameters: Mapping[str, object]
    price: price.PriceCard | None
    recorded: Mapping[str, Recorded] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    example_id: str
    key: str
    cohort: str
    content: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """One evaluator of the frozen suite, with its judge where it asks one."""

    name: str
    kind: str
    settings: Mapping[str, object]
    cohorts: frozenset[str]
    judge: Arm | None

    def scores(self, cohort: str) -> bool:
        return not self.cohorts or cohort in self.cohorts


@dataclass(frozen=True, slots=True)
class Frame:
    """What all batches of a run share."""

    run_id: UUID
    arms: Sequence[Arm]
    entries: Sequence[Entry]
    repeats: int = 1
    seed: int | None = None
    deadline_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Lease:
    """``token`` proves the lease when results come back."""

    batch_id: UUID
    token: int


@dataclass(frozen=True, slots=True)
class Scored:
    """One evaluator's outcome. ``judge_cost_usd`` is what its judge charged, None where none was asked or priced."""

    evaluator: str
    outcome: Outcome
    judge_cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """One model's answer to one example, and what the evaluators say of it that ask no judge."""

    example_id: str
    role: str
    repeat: int = 0
    output: str | None = None
    fault: str = ""
    finish_reason: str = ""
    usage: chat.Usage | None = None
    latency_ms: float | None = None
    first_token_ms: float | None = None
    cost_usd: Decimal | None = None
    answered_by: str = ""
    fingerprint: str = ""
    logprobs: object = None
    request_digest: str = ""
    reused_from: UUID | None = None
    scores: tuple[Scored, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge says of a stored answer."""

    generation_id: UUID
    scored: Scored


@dataclass(frozen=True, slots=True)
class ToJudge:
    """A stored answer and the evaluators whose judges have not been asked about it."""

    generation_id: UUID
    task: Task
    role: str
    repeat: int
    output: str | None
    fields: Mapping[str, object]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """How likely the student finds a stored answer of the teacher: ``nats`` over its ``tokens``, or why nobody knows.

    ``logprobs`` are the student's own tokens of that text. ``reused_from`` is the earlier measurement by the same exact
    request: nothing was sent, the cost is list price.
    """

    generation_id: UUID
    nats: float | None = None
    tokens: int = 0
    reason: str = ""
    logprobs: object = None
    cost_usd: Decimal | None = None
    request_digest: str = ""
    reused_from: UUID | None = None
    teacher_nats: float | None = None


@dataclass(frozen=True, slots=True)
class ToMeasure:
    """A stored answer of the teacher, and how likely its own tokens say it was.

    With a ``reason`` it cannot be measured; ``reusable`` was measured earlier.
    """

    generation_id: UUID
    task: Task
    text: str
    reason: str = ""
    reusable: Measured | None = None
    teacher_nats: float | None = None


Key = tuple[str, str, int]
"""An example's id, a role and a repeat."""


@dataclass(frozen=True, slots=True)
class Work:
    """One leased batch. ``stored`` answers are skipped, ``reusable`` ones of earlier runs taken instead of asking.

    Examples in ``lost`` are given up; those in ``alone`` are tried one at a time before the rest.
    """

    frame: Frame
    lease: Lease
    stage: str
    tasks: Sequence[Task]
    stored: frozenset[Key] = frozenset()
    reusable: Mapping[Key, Answered] = field(default_factory=dict)
    judging: Sequence[ToJudge] = ()
    measuring: Sequence[ToMeasure] = ()
    lost: frozenset[str] = frozenset()
    alone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to get, one judge to ask about one answer (``about`` and ``entry``), or one ``text`` to measure."""

    frame: Frame
    lease: Lease
    task: Task
    arm: Arm
    repeat: int
    reusable: Answered | None = None
    about: ToJudge | None = None
    entry: Entry | None = None
    is_lost: bool = False
    text: ToMeasure | None = None

    @property
    def needs_call(self) -> bool:
        """Has a model to be asked?"""
        if self.is_lost or self.reusable is not None or self.arm.address is None:
            return False
        return self.text is None or not (self.text.reason or self.text.reusable)


def jobs_of(work: Work) -> list[Job]:
    """Everything of a batch that is still to do, in key order."""
    if work.stage == JUDGING:
        return [
            Job(work.frame, work.lease, one.task, entry.judge, one.repeat, about=one, entry=entry,
                is_lost=one.task.example_id in work.lost)
            for one in work.judging
            for entry in one.entries
            if entry.judge is not None
        ]  # fmt: skip
    if work.stage == MEASURING:
        arm = next(arm for arm in work.frame.arms if arm.role == MEASURED_BY)
        return [
            Job(work.frame, work.lease, one.task, arm, 0, text=one, is_lost=one.task.example_id in work.lost)
            for one in work.measuring
        ]
    return [
        Job(work.frame, work.lease, task, arm, repeat, reusable=work.reusable.get((task.example_id, arm.role, repeat)),
            is_lost=task.example_id in work.lost)
        for task in work.tasks
        for repeat in range(work.frame.repeats)
        for arm in work.frame.arms
        if (task.example_id, arm.role, repeat) not in work.stored
    ]  # fmt: skip
