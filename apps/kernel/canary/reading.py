"""What a canary's state asks for: roll back, freeze, promote, or go on watching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from apps.kernel.canary.guarded import Tally
from apps.kernel.canary.watch import Watch

Action = Literal["roll_back", "freeze", "promote", "watch"]
MOST_MISSING = 0.05
# Of fewer conversations a share says too little to stop anything.
FEWEST_SCORED = 100


@dataclass(frozen=True, slots=True)
class Reason:
    """``harm``, ``split_broken``, ``missing_differs``, ``missing_share``, ``too_short``, ``not_shown``,

    ``nothing_to_prove`` or ``shown``; ``guard`` names the guard that it is about, where it is about one.
    """

    code: str
    guard: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """``reasons``: why, most weighty first."""

    action: Action
    reasons: tuple[Reason, ...]


def read(watch: Watch) -> Reading:
    """Harm rolls back, whatever else is wrong: all traffic with the teacher is the side that hurts nobody.

    Otherwise evidence that cannot be trusted freezes: no promotion and no larger share, until a person has looked.
    Promotion needs every proof of the plan, at least one, and the plan's hours of traffic; else the watch goes on.
    """
    freezing = _freezing(watch)
    if watch.harm is not None:
        return Reading("roll_back", (Reason("harm", watch.harm.guard), *freezing))
    if freezing:
        return Reading("freeze", freezing)
    waiting = _waiting(watch)
    if waiting:
        return Reading("watch", waiting)
    return Reading("promote", tuple(Reason("shown", name) for name, _ in _proofs(watch)))


def _freezing(watch: Watch) -> tuple[Reason, ...]:
    found = []
    if watch.split_broke:
        found.append(Reason("split_broken"))
    if watch.missing_differed:
        found.append(Reason("missing_differs"))
    if _misses_too_many(watch.scored):
        found.append(Reason("missing_share"))
    return tuple(found)


def _misses_too_many(scored: Tally) -> bool:
    arms = ((scored.students, scored.student_total), (scored.teachers, scored.teacher_total))
    return any(drawn >= FEWEST_SCORED and missing / drawn > MOST_MISSING for drawn, missing in arms)


def _waiting(watch: Watch) -> tuple[Reason, ...]:
    proofs, needed = _proofs(watch), watch.plan.log_e_of_proof
    if not proofs:
        return (Reason("nothing_to_prove"),)
    found = [Reason("not_shown", name) for name, log_e in proofs if log_e < needed]
    if watch.hours < watch.plan.least_hours:
        found.append(Reason("too_short"))
    return tuple(found)


def _proofs(watch: Watch) -> list[tuple[str, float]]:
    """The name of each guard with something to prove, and log E as it stands now, not at its highest."""
    return [
        (asked.name, guard.proof.log_e)
        for asked, guard in zip(watch.plan.guards, watch.guards, strict=True)
        if guard.proof is not None
    ]
