"""Celery entry point of a gate."""

from __future__ import annotations

from uuid import UUID

from apps.gates import actions, queries
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import acting
from apps.tenancy.queries import as_machine
from apps.tenancy.tasking import task


@task("gates.decide")
def decide(organization_id: UUID, card_id: str) -> None:
    with acting(as_machine(organization_id, "gate")):
        card = Scorecard.objects.select_related("run", "project").get(pk=card_id)
        version = queries.policy_version(card.project, card.run.policy_slug)
        actions.decide(card, version=version)
