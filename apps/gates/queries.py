"""Find policies and verdicts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.gates.models import GateDecision, GatePolicyVersion
from apps.kernel import policy, proposal, report
from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.scorecards import queries as scorecards
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_number, parse_public_id
from apps.tenancy.permissions import Permission


def policy_versions(project: Project) -> QuerySet[GatePolicyVersion]:
    require(Permission.VIEW)
    return (
        GatePolicyVersion.objects.filter(policy__project=project)
        .select_related("policy")
        .order_by("policy__slug", "-number")
    )


def policy_version(project: Project, reference: str) -> GatePolicyVersion:
    """By ``slug`` (the newest), ``slug@number`` or id. Raises NotFound."""
    name, _, number = reference.rpartition("@")
    rows = policy_versions(project)
    if name and parse_number(number) is not None:
        found = rows.filter(policy__slug=name, number=int(number)).first()
    else:
        found = rows.filter(policy__slug=reference).first()
    if found is None and reference.startswith(f"{GatePolicyVersion.ID_PREFIX}_"):
        found = rows.filter(pk=parse_public_id(GatePolicyVersion.ID_PREFIX, reference)).first()
    if found is None:
        raise NotFound(f"There is no gate policy '{reference[:80]}' in this project.")
    return found


def policy_value(version: GatePolicyVersion) -> policy.Policy:
    return policy.parse(version.document)


def policy_named(project: Project, reference: str) -> policy.Policy:
    """A saved policy by any of its references, or else a template by its name. Raises NotFound."""
    try:
        return policy_value(policy_version(project, reference))
    except NotFound:
        if reference not in policy.TEMPLATES:
            raise NotFound(
                f"There is no gate policy '{reference[:80]}' in this project, and no template of this name.",
                fix=f"Templates are: {', '.join(policy.TEMPLATES)}.",
            ) from None
    return policy.parse(policy.TEMPLATES[reference])


def decisions(project: Project) -> QuerySet[GateDecision]:
    require(Permission.VIEW)
    return (
        GateDecision.objects.filter(scorecard__project=project)
        .select_related("scorecard", "policy_version__policy")
        .order_by("-created_at")
    )


def latest(card: Scorecard) -> GateDecision | None:
    """The newest verdict on a card, or None when no gate was asked yet."""
    require(Permission.VIEW)
    return (
        GateDecision.objects.filter(scorecard=card)
        .select_related("policy_version__policy")
        .order_by("-created_at")
        .first()
    )


def newest_of(card: Scorecard, version: GatePolicyVersion) -> GateDecision | None:
    """The newest verdict of one policy version on a card, or None."""
    require(Permission.VIEW)
    return GateDecision.objects.filter(scorecard=card, policy_version=version).order_by("-created_at").first()


def answers(report: Mapping[str, Any]) -> list[tuple[object, ...]]:
    """What a report answers to each rule in each cell, without the days and counts that its sentences tell."""
    names = ("rule", "cohort", "evaluator", "verdict", "reason")
    return [tuple(finding[name] for name in names) for finding in report["findings"]]


def latest_of(cards: Sequence[Scorecard]) -> dict[UUID, GateDecision]:
    """The newest verdict on each of these cards by the card's id; cards without one are absent. One query."""
    require(Permission.VIEW)
    rows = (
        GateDecision.objects.filter(scorecard__in=[card.pk for card in cards])
        .select_related("policy_version__policy")
        .order_by("scorecard_id", "-created_at")
        .distinct("scorecard_id")
    )
    return {row.scorecard_id: row for row in rows}


def report_of(card: Scorecard, decision: GateDecision | None) -> dict[str, Any]:
    """The one document of a card that terminal, REST and page show; as stored where a gate has spoken."""
    if decision is None:
        return report.report(scorecards.value(card), None)
    return json.loads(bytes(decision.report))


def proposal_of(card: Scorecard) -> proposal.Proposal:
    """For which cohorts the newest verdict lets the student replace the teacher; none before a gate was asked."""
    return proposal.propose(report_of(card, latest(card)))
