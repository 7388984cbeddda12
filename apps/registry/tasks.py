"""Celery entry points of the registry."""

from __future__ import annotations

from uuid import UUID

from apps.registry import trial
from apps.tenancy.queries import as_machine
from apps.tenancy.tasking import task


@task("registry.try")
def try_version(organization_id: UUID, trial_id: str) -> None:
    trial.run(as_machine(organization_id, "worker"), UUID(trial_id))
