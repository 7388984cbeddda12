"""Runs, and how far one has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Now

from apps.evals.execute.work import ANSWERING
from apps.evals.models import STUDENT, TEACHER, Batch, EvalRun, Generation, Score
from apps.kernel import lifecycle
from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_number, parse_public_id
from apps.tenancy.permissions import Permission

UNFINISHED = (lifecycle.PLANNED, lifecycle.RUNNING, lifecycle.PAUSED)
AT_WORK = (lifecycle.PLANNED, lifecycle.RUNNING)
# A slice takes a few batches at once; only beyond these is there something for a second one.
BATCHES_WORTH_SHARING = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of a run. ``projected_usd`` and ``seconds_left`` are None until they can be told."""

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

    @property
    def share_done(self) -> float:
        return self.answered / self.planned_answers if self.planned_answers else 0.0

    @property
    def is_final(self) -> bool:
        return lifecycle.is_final("evals.evalrun", self.status)


def runs(project: Project) -> QuerySet[EvalRun]:
    require(Permission.VIEW)
    return (
        EvalRun.objects.filter(project=project)
        .select_related("dataset_version__dataset", "teacher__model", "student__model", "suite_version__suite")
        .order_by("-number")
    )


def run(project: Project, reference: str | int) -> EvalRun:
    """By number or id. Raises NotFound."""
    text = str(reference)
    rows = runs(project)
    found = (
        rows.filter(number=number).first()
        if (number := parse_number(text)) is not None
        else rows.filter(pk=parse_public_id(EvalRun.ID_PREFIX, text)).first()
    )
    if found is None:
        raise NotFound(f"There is no run '{text[:80]}' in this project.")
    return found


def unfinished(project: Project) -> QuerySet[EvalRun]:
    return runs(project).filter(status__in=UNFINISHED)


def totals_of(run_ids: Sequence[UUID]) -> dict[UUID, tuple[int, Decimal]]:
    """Answers and spend in US dollars of each of these runs by id. Two grouped queries."""
    require(Permission.VIEW)
    answered = Generation.objects.filter(run__in=run_ids).values_list("run_id").annotate(Count("id"), Sum("cost_usd"))
    judged = dict(
        Score.objects.filter(generation__run__in=run_ids, judge_cost_usd__isnull=False)
        .values_list("generation__run_id")
        .annotate(Sum("judge_cost_usd"))
    )
    return {key: (count, (cost or Decimal(0)) + judged.get(key, Decimal(0))) for key, count, cost in answered}


def progress(run: EvalRun) -> Progress:
    """Two aggregate queries, whatever the run's size."""
    generations = Generation.objects.filter(run=run)
    totals = generations.aggregate(
        answered=Count("id"),
        spend=Sum("cost_usd"),
        unpriced=Count("id", filter=Q(cost_usd__isnull=True)),
        began=Min("created_at"),
        latest=Max("created_at"),
    )
    scores = Score.objects.filter(generation__run=run).aggregate(
        scored=Count("id"), missing=Count("id", filter=Q(value__isnull=True)), judged=Sum("judge_cost_usd")
    )
    faults = Counter(dict(generations.exclude(fault="").values_list("fault").annotate(count=Count("id"))))
    planned = 2 * run.example_count
    spend = (totals["spend"] or Decimal(0)) + (scores["judged"] or Decimal(0))
    seconds = (totals["latest"] - run.created_at).total_seconds() if totals["latest"] else 0.0
    rate = totals["answered"] / 2 / seconds if seconds > 0 else None
    final = lifecycle.is_final("evals.evalrun", run.status)
    return Progress(
        status=run.status,
        examples=run.example_count,
        answered=totals["answered"],
        planned_answers=planned,
        scored=scores["scored"],
        missing=scores["missing"],
        faults=dict(faults),
        spend_usd=spend,
        unpriced_answers=totals["unpriced"],
        projected_usd=spend * planned / totals["answered"] if totals["answered"] else None,
        seconds_left=None if final or not rate else (run.example_count - totals["answered"] / 2) / rate,
        examples_per_second=rate,
    )


def waiting(run_id: UUID | None = None) -> list[tuple[UUID, str]]:
    """Runs with a batch free to take, by stage; or with all batches done and the end not yet declared."""
    unfinished = EvalRun.objects.filter(status__in=AT_WORK)
    if run_id is not None:
        unfinished = unfinished.filter(pk=run_id)
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
    claimable = Batch.objects.filter(free, is_done=False, is_ready=True, run__in=unfinished)
    open_runs = Batch.objects.filter(is_done=False).values("run_id")
    undeclared = unfinished.exclude(pk__in=open_runs).values_list("id", flat=True)
    stages = claimable.order_by().values_list("run_id", "stage").distinct()
    return sorted({*stages, *((identifier, ANSWERING) for identifier in undeclared)})


def is_worth_sharing(run_id: UUID, stage: str) -> bool:
    """Is there more to take than one slice holds?"""
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=Now())
    open_batches = Batch.objects.filter(free, run_id=run_id, stage=stage, is_done=False, is_ready=True)
    return open_batches[: BATCHES_WORTH_SHARING + 1].count() > BATCHES_WORTH_SHARING


def answers(run: EvalRun) -> QuerySet[Generation]:
    """Every stored answer with its example and scores, in one order."""
    return (
        Generation.objects.filter(run=run)
        .select_related("example", "example__cohort")
        .prefetch_related("scores")
        .defer("logprobs")
        .order_by("example__key", "role", "repeat")
    )


def rows_of(run: EvalRun) -> dict[str, dict[str, Any]]:
    """Answers by example key and role, for assembling a scorecard."""
    rows: dict[str, dict[str, Any]] = {}
    for generation in answers(run):
        rows.setdefault(generation.example.key, {})[generation.role] = generation
    return {key: sides for key, sides in rows.items() if TEACHER in sides and STUDENT in sides}
