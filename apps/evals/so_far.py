"""What a run has so far, by cohort and side, from its tallies. Figures of a part, for watching: they decide nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from apps.evals import tallying
from apps.evals.models import ANSWER, PLANNED_EXAMPLES, SCORE, STUDENT, TEACHER, EvalRun, Tally

NOTHING = Decimal(0)
SIDES = 2


@dataclass(frozen=True, slots=True)
class Count:
    """One tally over all lanes; its columns are those of ``Tally``."""

    subject: str
    role: str
    cohort: str
    evaluator: str
    code: str
    count: int
    missing: int
    faulted: int
    unpriced: int
    reused: int
    value_sum: Decimal
    cost_usd: Decimal
    unconfirmed_usd: Decimal
    worst_usd: Decimal


@dataclass(frozen=True, slots=True)
class MeanSoFar:
    """``mean`` is over the ``scored`` answers with a value, from 0 to 1; None without any. ``missing`` have none."""

    evaluator: str
    is_primary: bool
    scored: int
    missing: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class SideSoFar:
    """One side of a run in one cohort. ``missing`` answers ended in a fault; ``spend_usd`` is at list price.

    Both sides' means may be of different rows until the run is complete: their difference means nothing before.
    """

    cohort: str
    role: str
    planned: int
    answered: int
    missing: int
    spend_usd: Decimal
    scores: tuple[MeanSoFar, ...]


def counts(run: EvalRun) -> list[Count]:
    """Every tally of the run: as many as it has cohorts × sides × evaluators × codes, whatever its size. One query."""
    sums = {f"{name}_in_all": Sum(name) for name in tallying.SUMS}
    rows = Tally.objects.filter(run=run).order_by().values_list(*tallying.KEY).annotate(**sums)
    return [Count(*row) for row in rows]


def by_cohort(run: EvalRun, tallies: Iterable[Count]) -> tuple[SideSoFar, ...]:
    """Each planned cohort by name, the teacher first."""
    planned: dict[str, int] = {}
    sides: dict[tuple[str, str], list[Count]] = defaultdict(list)
    for one in tallies:
        if one.subject == PLANNED_EXAMPLES:
            planned[one.cohort] = one.count
        elif one.cohort:
            sides[one.cohort, one.role].append(one)
    entries = run.suite_version.entries
    return tuple(
        _side(cohort, role, run.repeats * planned[cohort], sides[cohort, role], entries)
        for cohort in sorted(planned)
        for role in (TEACHER, STUDENT)
    )


def judgements(run: EvalRun, tallies: Iterable[Count]) -> tuple[int, int] | None:
    """Judges' verdicts that are in, and all there will be; None where no judge is asked.

    What needs no asking (an empty answer, a missing one) counts as in.
    """
    entries = [entry for entry in run.suite_version.entries if entry["judge_version_id"]]
    if not entries:
        return None
    names, done = {entry["name"] for entry in entries}, 0
    planned: dict[str, int] = {}
    for one in tallies:
        if one.subject == PLANNED_EXAMPLES:
            planned[one.cohort] = one.count
        elif one.subject == SCORE and one.evaluator in names:
            done += one.count
    examples = sum(
        count for entry in entries for cohort, count in planned.items() if cohort in (entry["cohorts"] or planned)
    )
    return done, SIDES * run.repeats * examples


def _side(
    cohort: str, role: str, planned: int, tallies: Sequence[Count], entries: Sequence[Mapping[str, Any]]
) -> SideSoFar:
    answers = [one for one in tallies if one.subject == ANSWER]
    scores = [one for one in tallies if one.subject == SCORE]
    return SideSoFar(
        cohort=cohort,
        role=role,
        planned=planned,
        answered=sum(one.count for one in answers),
        missing=sum(one.count for one in answers if one.code),
        spend_usd=sum((one.cost_usd for one in tallies), NOTHING),
        scores=tuple(
            _mean(entry, [one for one in scores if one.evaluator == entry["name"]])
            for entry in entries
            if not entry["cohorts"] or cohort in entry["cohorts"]
        ),
    )


def _mean(entry: Mapping[str, Any], scores: Sequence[Count]) -> MeanSoFar:
    missing = sum(one.missing for one in scores)
    scored = sum(one.count for one in scores) - missing
    value = sum((one.value_sum for one in scores), NOTHING)
    mean = float(value / scored) if scored else None
    return MeanSoFar(entry["name"], entry["is_primary"], scored, missing, mean)
