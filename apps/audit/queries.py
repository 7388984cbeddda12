"""Read and verify the trail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
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
    """Walk the whole chain of the acting organization: text, links and the columns that repeat the text."""
    require(Permission.VIEW)
    return chain.verify(_links())


def _links() -> Iterator[chain.Link]:
    for event in AuditEvent.objects.order_by("sequence").iterator(chunk_size=2000):
        payload = bytes(event.payload)
        # People read the columns: where they tell another story than the text under the chain, no link fits.
        yield chain.Link(event.sequence, payload, bytes(event.chain) if _repeats(event, payload) else b"")


def _repeats(event: AuditEvent, payload: bytes) -> bool:
    """Do the columns of an event say what its text says?"""
    try:
        told = json.loads(payload)
        actor, subject = told["actor"], told["subject"]
        return bool(
            (told["organization"], told["seq"], datetime.fromisoformat(told["at"]), told["type"], told["says"])
            == (str(event.organization_id), event.sequence, event.at, event.event, event.says)
            and (actor["kind"], actor["id"], actor["label"], told["door"], told["request_id"])
            == (event.actor_kind, event.actor_id, event.actor_label, event.door, event.request_id)
            and (subject["kind"], subject["id"]) == (event.subject_kind, event.subject_id)
        )
    except (ValueError, KeyError, TypeError):
        return False
