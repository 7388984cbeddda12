"""Runs, what waits in them, and what they hold. How far one has come stands in progress.py."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet, Sum

from apps.evals import expiry
from apps.evals.execute.work import ANSWERING
from apps.evals.models import ANSWER, MEASURED, SCORE, Batch, EvalRun, Generation, Likelihood, Tally
from apps.kernel import lifecycle
from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_number, parse_public_id
from apps.tenancy.permissions import Permission

UNFINISHED = (lifecycle.PLANNED, lifecycle.RUNNING, lifecycle.PAUSED)
AT_WORK = (lifecycle.PLANNED, lifecycle.RUNNING)
# One slice keeps an endpoint busy; another one is worth its start only where much is left.
BATCHES_WORTH_SHARING = 128


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
    """Answers and spend in US dollars of each of these runs by id. One grouped query, which reads no answer."""
    require(Permission.VIEW)
    rows = (
        Tally.objects.filter(run__in=run_ids, subject__in=[ANSWER, SCORE, MEASURED])
        .order_by()
        .values_list("run_id")
        .annotate(answered=Sum("count", filter=Q(subject=ANSWER), default=0), spent=Sum("cost_usd"))
    )
    return {key: (count, cost) for key, count, cost in rows}


def answered_by(run: EvalRun, role: str) -> frozenset[str]:
    """The model names and fingerprints that answers of one side came with; "recorded" for recorded ones."""
    require(Permission.VIEW)
    told = Generation.objects.filter(run=run, role=role).values_list("answered_by", "fingerprint").distinct()
    return frozenset(" ".join(part for part in pair if part) for pair in told if any(pair))


def newest_with_teacher(run: EvalRun) -> EvalRun | None:
    """The newest completed run after this one with the same teacher version, or None."""
    require(Permission.VIEW)
    later = EvalRun.objects.filter(project=run.project_id, teacher=run.teacher_id, number__gt=run.number)
    return later.filter(status=lifecycle.COMPLETED).order_by("-number").first()


def waiting(run_id: UUID | None = None) -> list[tuple[UUID, str]]:
    """Runs with a batch free to take, by stage; or with all batches done and the end not yet declared."""
    unfinished = EvalRun.objects.filter(status__in=AT_WORK)
    if run_id is not None:
        unfinished = unfinished.filter(pk=run_id)
    claimable = Batch.objects.filter(expiry.free(), is_done=False, is_ready=True, run__in=unfinished)
    open_runs = Batch.objects.filter(is_done=False).values("run_id")
    undeclared = unfinished.exclude(pk__in=open_runs).values_list("id", flat=True)
    stages = claimable.order_by().values_list("run_id", "stage").distinct()
    return sorted({*stages, *((identifier, ANSWERING) for identifier in undeclared)})


def is_worth_sharing(run_id: UUID, stage: str) -> bool:
    """Is there more to take than one slice holds?"""
    open_batches = Batch.objects.filter(expiry.free(), run_id=run_id, stage=stage, is_done=False, is_ready=True)
    return open_batches[: BATCHES_WORTH_SHARING + 1].count() > BATCHES_WORTH_SHARING


def answers(run: EvalRun) -> QuerySet[Generation]:
    """Every stored answer with its example and scores, in one order; ``measured`` is what the student finds of it.

    Runs that measure no divergence spare the question.
    """
    rows = (
        Generation.objects.filter(run=run)
        .select_related("example", "example__cohort")
        .prefetch_related("scores")
        .defer("logprobs")
        .order_by("example__key", "role", "repeat")
    )
    found = Prefetch("likelihoods", Likelihood.objects.defer("logprobs"), to_attr="measurements")
    return rows.prefetch_related(found) if run.divergence else rows
