"""Celery entry point of planting: it goes on until every judge was asked, then rings for the seal that waits for it."""

from __future__ import annotations

from uuid import UUID

from apps.labels import coordinate
from apps.tenancy.acting import acting
from apps.tenancy.queries import as_machine
from apps.tenancy.tasking import enqueue, task


@task("labels.plant")
def plant(organization_id: UUID, run_id: str) -> None:
    who = as_machine(organization_id, "worker")
    left = coordinate.plant(who, UUID(run_id))
    with acting(who):
        if left == "nothing":
            enqueue("scorecards.seal", organization_id, run_id)
        elif left == "some":
            enqueue("labels.plant", organization_id, run_id)
