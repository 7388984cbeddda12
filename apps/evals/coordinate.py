"""Work on a run until no batch is left to take: load, think, store; then complete it. Any process may call this."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

from django.utils import timezone

from apps.audit.move import move
from apps.evals import execute, loading, store
from apps.evals.execute import Answered, Work
from apps.evals.models import EvalRun
from apps.inference.client import Client
from apps.kernel import lifecycle
from apps.kernel.evaluators.contract import Outcome
from apps.registry import calling
from apps.tenancy.acting import Acting, acting
from apps.tenancy.tasking import enqueue

ClientFactory = Callable[[], Client]


def work(who: Acting, run_id: UUID, *, seconds: float, client_of: ClientFactory | None = None) -> bool:
    """Take batches for at most ``seconds``. True when this call, or an earlier one, brought the run to its end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with acting(who):
            loaded = _next(run_id)
        if loaded is None:
            break
        answered = _lost(loaded) if loaded.is_given_up else asyncio.run(_think(loaded, client_of))
        with acting(who):
            store.keep(loaded, answered)
    with acting(who):
        return _complete(run_id)


def _next(run_id: UUID) -> Work | None:
    run = EvalRun.objects.get(pk=run_id)
    if lifecycle.is_final("evals.evalrun", run.status):
        return None
    batch = store.claim(run_id)
    if batch is None:
        return None
    if run.status == lifecycle.PLANNED:
        move(run, to=lifecycle.RUNNING, because="the first batch was taken")
    return loading.work_of(batch)


async def _think(loaded: Work, client_of: ClientFactory | None) -> list[Answered]:
    client = client_of() if client_of else calling.client()
    async with client:
        return await execute.run(loaded, client)


def _lost(batch: Work) -> list[Answered]:
    """Every answer of a batch that killed its workers is missing, with the reason: never a zero."""
    return [
        Answered(
            example_id=task.example_id,
            role=arm.role,
            output=None,
            fault=store.WORKER_LOST,
            finish_reason="",
            usage=None,
            latency_ms=None,
            cost_usd=None,
            answered_by="",
            scores=tuple(
                execute.Scored(entry.name, Outcome(None, store.WORKER_LOST))
                for entry in batch.entries
                if not entry.cohorts or task.cohort in entry.cohorts
            ),
        )
        for task in batch.tasks
        for arm in batch.arms
    ]


def _complete(run_id: UUID) -> bool:
    """Close a run whose batches are all done. The step commits alone; scorecard and gate follow as their own tasks."""
    run = EvalRun.objects.get(pk=run_id)
    if lifecycle.is_final("evals.evalrun", run.status):
        return True
    if store.has_open_batches(run_id):
        return False
    if move(run, to=lifecycle.COMPLETED, because="every batch is done", finished_at=timezone.now()):
        enqueue("scorecards.seal", run.organization_id, run.id)
    return True
