"""Celery entry points of a run."""

from __future__ import annotations

from uuid import UUID

from apps.evals import coordinate, queries
from apps.tenancy.acting import acting
from apps.tenancy.queries import as_machine, every_organization_id
from apps.tenancy.tasking import enqueue, sweeper, task

# Well inside the broker's visibility timeout, so that no message is delivered twice while its work goes on.
SECONDS_PER_TASK = 30.0


@task("evals.work")
def work(organization_id: UUID, run_id: str) -> None:
    who = as_machine(organization_id, "worker")
    if not coordinate.work(who, UUID(run_id), seconds=SECONDS_PER_TASK):
        with acting(who):
            if queries.is_waiting(UUID(run_id)):
                enqueue("evals.work", organization_id, run_id)


@sweeper("evals.ring")
def ring() -> None:
    """Ring again for whatever waits: after a killed worker, a wiped broker or a lost message."""
    for organization_id in every_organization_id():
        with acting(as_machine(organization_id, "coordinator")):
            for run_id in queries.waiting_run_ids():
                enqueue("evals.work", organization_id, run_id)
