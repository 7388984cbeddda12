"""Read and verify the trail."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from apps.audit.models import AuditEvent
from apps.kernel import chain
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission


def events() -> QuerySet[AuditEvent]:
    """The organization's trail, newest first."""
    require(Permission.VIEW_TRAIL)
    return AuditEvent.objects.order_by("-sequence")


def trail_of(kind: str, identifier: UUID) -> QuerySet[AuditEvent]:
    """One subject's story, oldest first."""
    require(Permission.VIEW)
    return AuditEvent.objects.filter(subject_kind=kind, subject_id=str(identifier)).order_by("sequence")


def event_of(kind: str, identifier: UUID, event: str) -> AuditEvent | None:
    """The first event of this name in the subject's story."""
    return trail_of(kind, identifier).filter(event=event).first()


def verify() -> chain.Verified:
    """Walk the whole chain of the acting organization."""
    require(Permission.VIEW)
    return chain.verify(_links())


def _links() -> Iterator[chain.Link]:
    rows = AuditEvent.objects.order_by("sequence").values_list("sequence", "payload", "chain")
    for sequence, payload, link in rows.iterator(chunk_size=2000):
        yield chain.Link(sequence, bytes(payload), bytes(link))
