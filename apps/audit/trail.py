"""Append one event to the organization's chain. Called last in an action: the lock it takes lasts to the commit."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection

from apps.audit.models import AuditEvent
from apps.kernel import chain, digest
from apps.tenancy.acting import current

EVENT_VERSION = 1


def append(
    event: str, *, subject_kind: str, subject_id: str, says: str, facts: Mapping[str, object], because: str = ""
) -> AuditEvent:
    """Write one event in the present transaction: it and the change it tells of stand or fall together."""
    who = current()
    with connection.cursor() as cursor:
        # One writer a chain at a time; readers are never held up.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('trail:' || %s, 0))", [str(who.organization_id)])
        cursor.execute("SELECT clock_timestamp()")
        at = cursor.fetchone()[0]
    last = AuditEvent.objects.order_by("-sequence").values_list("sequence", "chain").first()
    sequence, previous = (last[0] + 1, bytes(last[1])) if last else (0, chain.GENESIS)
    payload = digest.canonical(
        {
            "v": EVENT_VERSION,
            "organization": str(who.organization_id),
            "seq": sequence,
            "at": at.isoformat(timespec="microseconds"),
            "type": event,
            "actor": {"kind": who.actor.kind, "id": who.actor.id, "label": who.actor.label, "role": who.actor.role},
            "door": who.door.value,
            "request_id": who.request_id,
            "subject": {"kind": subject_kind, "id": subject_id},
            "says": says,
            "facts": dict(facts),
            "because": because,
        }
    )
    return AuditEvent.objects.create(
        sequence=sequence,
        at=at,
        event=event,
        actor_kind=who.actor.kind,
        actor_id=who.actor.id,
        actor_label=who.actor.label,
        door=who.door.value,
        request_id=who.request_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        says=says,
        payload=payload,
        chain=chain.extend(previous, sequence, payload),
    )
