"""Celery entry points: seal what has completed, and sweep up what was lost between two tasks."""

from __future__ import annotations

from uuid import UUID

from apps.evals.models import EvalRun
from apps.labels import checks
from apps.scorecards import actions, assemble, queries
from apps.tenancy.acting import acting
from apps.tenancy.queries import as_machine, every_organization_id
from apps.tenancy.tasking import enqueue, sweeper, task


@task("scorecards.seal")
def seal(organization_id: UUID, run_id: str) -> None:
    with acting(as_machine(organization_id, "scorecards")):
        run = EvalRun.objects.select_related("suite_version").get(pk=run_id)
        if checks.left(run):
            # The judges are checked first: what they said of planted answers and anchors is part of the card.
            enqueue("labels.plant", organization_id, run_id)
            return
        card = actions.seal(run, assemble.card_of(run))
        if run.policy_slug:
            enqueue("gates.decide", organization_id, card.id)


@sweeper("scorecards.ring")
def ring() -> None:
    for organization_id in every_organization_id():
        with acting(as_machine(organization_id, "coordinator")):
            for run_id in queries.unsealed_run_ids():
                enqueue("scorecards.seal", organization_id, run_id)
