"""How far a run has come, told from its tallies: answers, verdicts, money, errors and the time that is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Now

from apps.evals import so_far
from apps.evals.models import ANSWER, CALL, MEASURED, MEASURING, SCORE, STUDENT, TEACHER, Batch, EvalRun, Pulse
from apps.evals.so_far import SideSoFar
from apps.kernel import estimate, lifecycle

RECENT_S = 20
NOTHING = Decimal(0)
IN_ORDER = frozenset({"", "answered", "not_sent"})


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of a run; None where something cannot be told yet.

    ``spend_usd`` is at list price, reused and recorded answers included, as on the scorecard. ``certain_usd`` is what
    this run's own calls cost for certain; ``unconfirmed_usd`` what calls may have cost beyond that at their worst:
    those on their way, of killed workers, and whose answer never came whole. ``stages`` holds done and all batches
    by stage, ``judgements`` verdicts of judges in and in all. ``faults`` counts missing answers by code,
    ``judge_faults`` missing verdicts, ``call_faults`` calls that ended otherwise than well, those that were made again
    included. ``cohorts`` holds figures of a part. ``checking_usd`` is what checking the judges cost, in the budget and
    in none of the other sums, ``planted_usd`` its part for planted answers; only apps/labels/spent.py can tell them.
    """

    status: str
    examples: int
    answered: int
    planned_answers: int
    scored: int
    missing: int
    faults: dict[str, int]
    spend_usd: Decimal
    unpriced_answers: int
    projected_usd: Decimal | None
    seconds_left: float | None
    examples_per_second: float | None
    seconds_left_range: tuple[float, float] | None = None
    certain_usd: Decimal = NOTHING
    unconfirmed_usd: Decimal = NOTHING
    budget_usd: Decimal | None = None
    paused_because: str = ""
    calls: int = 0
    calls_open: int = 0
    reused: int = 0
    roles: dict[str, int] | None = None
    stages: dict[str, tuple[int, int]] | None = None
    judge_faults: dict[str, int] | None = None
    judgements: tuple[int, int] | None = None
    call_faults: dict[str, int] | None = None
    cohorts: tuple[SideSoFar, ...] = ()
    planted_usd: Decimal | None = None
    checking_usd: Decimal | None = None

    @property
    def share_done(self) -> float:
        return self.answered / self.planned_answers if self.planned_answers else 0.0

    @property
    def is_final(self) -> bool:
        return lifecycle.is_final("evals.evalrun", self.status)


def progress(run: EvalRun) -> Progress:
    """Three queries; none reads an answer. They grow with the run's batches alone."""
    tallies = so_far.counts(run)
    answers = [one for one in tallies if one.subject == ANSWER]
    scores = [one for one in tallies if one.subject == SCORE]
    planned, answered = 2 * run.repeats * run.example_count, _sum(answers)
    spend = sum((one.cost_usd for one in tallies if one.subject in (ANSWER, SCORE, MEASURED)), NOTHING)
    overall, recent = _rates(run, answered)
    left = None if lifecycle.is_final("evals.evalrun", run.status) else planned - answered
    judgements, stages = so_far.judgements(run, tallies), _stages(run)
    return Progress(
        status=run.status,
        examples=run.example_count,
        answered=answered,
        planned_answers=planned,
        scored=_sum(scores),
        missing=sum(one.missing for one in scores),
        faults=_by_code((one.code, one.count) for one in answers),
        spend_usd=spend,
        unpriced_answers=sum(one.unpriced for one in answers),
        projected_usd=spend * planned / answered if answered else None,
        seconds_left=None if left is None or not overall else left / overall,
        examples_per_second=overall and overall / (2 * run.repeats),
        seconds_left_range=_span(left, _waits(judgements, stages.get(MEASURING)), [overall, recent]),
        budget_usd=run.budget_usd,
        paused_because=run.paused_because,
        reused=sum(one.reused for one in answers),
        roles={role: _sum([one for one in answers if one.role == role]) for role in (TEACHER, STUDENT)},
        stages=stages,
        # A score whose answer is missing counts as missing, and not once more by its reason.
        judge_faults=_by_code((one.code, one.missing - one.faulted) for one in scores),
        judgements=judgements,
        cohorts=so_far.by_cohort(run, tallies),
        **_calls([one for one in tallies if one.subject == CALL]),
    )


def _waits(*parts: tuple[int, int] | None) -> bool:
    """Is something of these, each as done and all, still to do?"""
    return any(done < total for done, total in (part for part in parts if part))


def _span(left: int | None, waits: bool, rates: Sequence[float | None]) -> tuple[float, float] | None:
    """None as well once all answers are in while judging or measuring ``waits``: how fast that goes is not known."""
    return None if left is None or (left == 0 and waits) else estimate.seconds_left(left, rates)


def _calls(calls: Sequence[so_far.Count]) -> dict[str, Any]:
    """What this run's own calls came to."""
    return {
        "calls": _sum(calls),
        "calls_open": _sum([one for one in calls if not one.code]),
        "certain_usd": sum((one.cost_usd for one in calls), NOTHING),
        "unconfirmed_usd": sum((one.unconfirmed_usd + one.worst_usd for one in calls), NOTHING),
        "call_faults": _by_code((one.code, one.count) for one in calls if one.code not in IN_ORDER),
    }


def _sum(tallies: Iterable[so_far.Count]) -> int:
    return sum(one.count for one in tallies)


def _by_code(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for code, count in pairs:
        if code and count:
            found[code] = found.get(code, 0) + count
    return dict(sorted(found.items()))


def _rates(run: EvalRun, answered: int) -> tuple[float | None, float | None]:
    """Answers a second since the start, and of late, by the database's clock."""
    pulses = list(Pulse.objects.filter(run=run).annotate(now=Now()))
    if not pulses:
        return None, None
    seconds = (max(one.latest_at for one in pulses) - run.created_at).total_seconds()
    overall = answered / seconds if seconds > 0 else None
    return overall, sum(_pace(one) for one in pulses) if seconds > RECENT_S else None


def _pace(pulse: Pulse) -> float:
    """Answers a second of one lane since its earlier mark; none where nothing came of late."""
    if (pulse.now - pulse.latest_at).total_seconds() > RECENT_S:
        return 0.0
    seconds = (pulse.now - pulse.earlier_at).total_seconds()
    return (pulse.answered - pulse.earlier) / seconds if seconds > 0 else 0.0


def _stages(run: EvalRun) -> dict[str, tuple[int, int]]:
    batches = Batch.objects.filter(run=run).order_by("stage").values_list("stage")
    counts = batches.annotate(done=Count("id", filter=Q(is_done=True)), all=Count("id"))
    return {stage: (done, count) for stage, done, count in counts}
