"""The state of a canary: what each guard has shown so far, how traffic was split, what was missing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import cast

from apps.kernel.canary.guarded import NOTHING, Guarded, Tally, add, guarded, restarted
from apps.kernel.canary.observation import Observation
from apps.kernel.canary.plan import Plan
from apps.kernel.statistics import split
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.split import Split

FORMAT = 1
# A broken recorder is as rare a finding as a broken split.
ALPHA_OF_MISSING = split.ALPHA


@dataclass(frozen=True, slots=True)
class Harm:
    """The first guard that showed harm, after how many of the student's conversations, and both means until then."""

    guard: str
    students: int
    student_mean: float
    teacher_mean: float


@dataclass(frozen=True, slots=True)
class Watch:
    """One canary. ``guards`` in the order of the plan; ``missing`` compares how often scores are there, both ways.

    ``scored`` tallies the conversations drawn to be scored, with 1 for each whose score is missing. ``harm``,
    ``split_broke`` and ``missing_differed`` stay once they are true. Times are those of requests.
    """

    plan: Plan
    split: Split
    guards: tuple[Guarded, ...]
    missing: Guarded
    scored: Tally = NOTHING
    students: int = 0
    teachers: int = 0
    first_at_ms: int | None = None
    last: tuple[int, str] | None = None
    harm: Harm | None = None
    split_broke: bool = False
    missing_differed: bool = False

    @property
    def hours(self) -> float:
        """Hours of traffic seen."""
        if self.first_at_ms is None or self.last is None:
            return 0.0
        return (self.last[0] - self.first_at_ms) / 3_600_000

    def document(self) -> dict[str, object]:
        """Plain JSON values; ``from_document`` gives back an equal watch."""
        return {
            "format": FORMAT,
            "plan": self.plan.document(),
            "split": self.split.document(),
            "guards": [guard.document() for guard in self.guards],
            "missing": self.missing.document(),
            "scored": asdict(self.scored),
            "students": self.students,
            "teachers": self.teachers,
            "first_at_ms": self.first_at_ms,
            "last": None if self.last is None else list(self.last),
            "harm": None if self.harm is None else asdict(self.harm),
            "split_broke": self.split_broke,
            "missing_differed": self.missing_differed,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Watch:
        """Raises EvidenceUnusable ``watch_format_unknown`` for a document of another version of this code."""
        if document.get("format") != FORMAT:
            raise EvidenceUnusable(
                "This canary was watched by another version, which kept other figures; begin a new one.",
                code="watch_format_unknown",
            )
        kept = cast("dict[str, dict[str, object]]", document)
        last = cast("list[object] | None", document["last"])
        return cls(
            plan=Plan.from_document(kept["plan"]),
            split=Split.from_document(kept["split"]),
            guards=tuple(Guarded.from_document(guard) for guard in cast("list[dict[str, object]]", kept["guards"])),
            missing=Guarded.from_document(kept["missing"]),
            scored=Tally(**kept["scored"]),  # type: ignore[arg-type]
            harm=Harm(**kept["harm"]) if kept["harm"] else None,  # type: ignore[arg-type]
            last=None if last is None else cast("tuple[int, str]", tuple(last)),
            **{name: document[name] for name in _AS_THEY_ARE},  # type: ignore[arg-type]
        )


_AS_THEY_ARE = ("students", "teachers", "first_at_ms", "split_broke", "missing_differed")


def start(plan: Plan, *, share: float) -> Watch:
    """Nothing seen yet; ``share`` of traffic, 0 to 1, is meant for the student. Raises EvidenceUnusable."""
    return Watch(
        plan,
        Split(share),
        tuple(guarded(guard.limit, guard.prove_within) for guard in plan.guards),
        # Limits of 0 on both sides: either model may be the one whose scores are missing.
        guarded(0.0, 0.0),
    )


def resume(kept: Watch, plan: Plan, *, share: float) -> Watch:
    """The watch itself while it is about the same student under the same policy, a new one otherwise."""
    return kept if kept.plan == plan else start(plan, share=share)


def _reweighted(watch: Watch, share: float) -> Watch:
    """The student has another share of traffic from here on: new blocks begin, all evidence carries on."""
    if math.isclose(share, watch.split.share):
        return watch
    return replace(
        watch,
        split=split.reweighted(watch.split, share),
        guards=tuple(restarted(guard) for guard in watch.guards),
        missing=restarted(watch.missing),
    )


def advance(watch: Watch, seen: Observation) -> Watch:
    """The state after one more conversation, of which everything is known (``observation.ready``).

    One that was asked under another share of traffic begins new blocks; all evidence carries on.
    Raises EvidenceUnusable ``observation_out_of_order`` for one asked before the last, or told a second time: the same
    conversations then give the same state, whoever tells them and how often.
    """
    if watch.last is not None and seen.place <= watch.last:
        raise EvidenceUnusable(
            f"The conversation {seen.conversation[:80]!r} was asked at or before the last one that was counted.",
            code="observation_out_of_order",
        )
    watch = _reweighted(watch, seen.share)
    divided = split.advance(watch.split, student=seen.is_student)
    missing, scored = watch.missing, watch.scored
    if seen.is_sampled:
        missing = add(missing, float(not seen.is_missing), is_student=seen.is_student)
        scored = scored.plus(float(seen.is_missing), is_student=seen.is_student)
    after = replace(
        watch,
        split=divided,
        guards=tuple(_told(watch.plan, place, guard, seen) for place, guard in enumerate(watch.guards)),
        missing=missing,
        scored=scored,
        students=watch.students + seen.is_student,
        teachers=watch.teachers + (not seen.is_student),
        first_at_ms=seen.requested_at_ms if watch.first_at_ms is None else watch.first_at_ms,
        last=seen.place,
        split_broke=watch.split_broke or divided.is_broken,
        missing_differed=watch.missing_differed or _differs(missing),
    )
    return after if after.harm is not None else replace(after, harm=_harm(after))


def _told(plan: Plan, place: int, guard: Guarded, seen: Observation) -> Guarded:
    asked = plan.guards[place]
    if asked.cohort is not None and asked.cohort != seen.cohort:
        return guard
    value = seen.value(asked.figure)
    return guard if value is None else add(guard, value, is_student=seen.is_student)


def _harm(watch: Watch) -> Harm | None:
    needed = watch.plan.log_e_of_harm
    for asked, guard in zip(watch.plan.guards, watch.guards, strict=True):
        if guard.harm.log_e >= needed:
            return Harm(asked.name, watch.students, *guard.seen.means)
    return None


def _differs(missing: Guarded) -> bool:
    """The mean of the two E, one for each side, is an E as well."""
    if missing.proof is None:
        return False
    higher, lower = sorted((missing.harm.log_e, missing.proof.log_e), reverse=True)
    return higher + math.log1p(math.exp(lower - higher)) - math.log(2) >= -math.log(ALPHA_OF_MISSING)
