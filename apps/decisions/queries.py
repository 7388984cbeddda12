"""Find decisions, whether they count, and whether their proof holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet

from apps.audit import queries as audit
from apps.audit.models import AuditEvent
from apps.decisions import signing
from apps.decisions.models import Approval, Decision
from apps.kernel import decision as rules
from apps.kernel import digest
from apps.kernel.errors import Forbidden, NotFound
from apps.projects.models import Project
from apps.tenancy.acting import current, require
from apps.tenancy.ids import parse_number, parse_public_id
from apps.tenancy.permissions import Permission


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands behind a decision: the exact record, its signature, its place in the chain, and what was checked."""

    record: dict[str, Any]
    digest: str
    signature: str
    key_id: str
    public_key: str
    is_digest_right: bool
    is_signature_right: bool
    position: int | None
    chain: str
    is_chain_whole: bool
    broken_at: int | None
    events: int
    head: str

    @property
    def holds(self) -> bool:
        return self.is_digest_right and self.is_signature_right and self.is_chain_whole and self.position is not None


def decisions(project: Project) -> QuerySet[Decision]:
    require(Permission.VIEW)
    return (
        Decision.objects.filter(project=project)
        .select_related(
            "decided_by", "gate_decision__policy_version__policy", "gate_decision__scorecard__run__student__model",
            "gate_decision__scorecard__run__teacher__model",
        )
        .prefetch_related("approvals__approved_by")
        .order_by("-number")
    )  # fmt: skip


def decision(project: Project, reference: str | int) -> Decision:
    """By number or id. Raises NotFound."""
    text = str(reference)
    rows = decisions(project)
    found = (
        rows.filter(number=number).first()
        if (number := parse_number(text)) is not None
        else rows.filter(pk=parse_public_id(Decision.ID_PREFIX, text)).first()
    )
    if found is None:
        raise NotFound(f"There is no decision '{text[:80]}' in this project.")
    return found


def require_person() -> None:
    """Raise Forbidden ``person_needed`` for a key or a machine, whatever it may do elsewhere."""
    if current().actor.kind != "user":
        raise Forbidden(
            "Only a person decides; a key or a machine cannot.",
            code="person_needed",
            fix="Sign in and decide on the page of the scorecard.",
        )


def approval_of(decision: Decision) -> Approval | None:
    return Approval.objects.filter(decision=decision).select_related("approved_by").first()


def counts(decision: Decision) -> bool:
    """Is the decision in force? An override is only once a second person approved it."""
    return not rules.needs_second_person(decision.kind) or bool(decision.approvals.all())


def waiting(project: Project) -> QuerySet[Decision]:
    """Decisions that count only once a second person has approved them, and none has."""
    second = [kind for kind in rules.KINDS if rules.needs_second_person(kind)]
    return decisions(project).filter(kind__in=second, approvals__isnull=True)


def counts_by_kind(project: Project) -> dict[str, int]:
    """How many decisions of each kind there are; kinds without one are absent."""
    require(Permission.VIEW)
    return dict(Decision.objects.filter(project=project).values_list("kind").annotate(Count("id")))


def approval_record(approval: Approval) -> dict[str, Any]:
    """What the second person signed."""
    return json.loads(bytes(approval.record))


def of_cards(project: Project, card_ids: Sequence[UUID]) -> dict[UUID, list[Decision]]:
    """The decisions on each of these scorecards by the card's id, newest first; cards without one are absent."""
    found: dict[UUID, list[Decision]] = {}
    for decision in decisions(project).filter(gate_decision__scorecard__in=card_ids):
        found.setdefault(decision.gate_decision.scorecard_id, []).append(decision)
    return found


def event_of(decision: Decision) -> AuditEvent | None:
    return audit.event_of("decisions.decision", decision.pk, "decision.recorded")


def proof(decision: Decision) -> Proof:
    """Check everything that can be checked about a decision, now."""
    record = bytes(decision.record)
    event = event_of(decision)
    verified = audit.verify()
    return Proof(
        record=json.loads(record),
        digest=decision.digest,
        signature=decision.signature,
        key_id=decision.key_id,
        public_key=signing.public_key(),
        is_digest_right=digest.of_bytes(record) == decision.digest,
        is_signature_right=signing.is_valid(record, decision.signature),
        position=event.sequence if event else None,
        chain=bytes(event.chain).hex() if event else "",
        is_chain_whole=verified.whole,
        broken_at=verified.broken_at,
        events=verified.events,
        head=verified.head.hex(),
    )
