"""The organization's trail."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint
from apps.api.fields import Kind, identifier, shown
from apps.api.operation import operation
from apps.audit import queries
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission


def reading_the_trail() -> None:
    require(Permission.VIEW_TRAIL)


class EventShape(serializers.Serializer):
    """``payload`` is the exact text under the chain; ``chain`` the value after this event, in hex."""

    object = Kind("audit_event")
    id = identifier()
    sequence = serializers.IntegerField(read_only=True)
    at = serializers.DateTimeField(read_only=True)
    event = shown()
    says = shown()
    actor_kind = shown()
    actor_id = shown()
    actor_label = shown()
    door = shown()
    request = shown(source="request_id")
    subject_kind = shown()
    subject_id = shown()
    payload = serializers.SerializerMethodField()
    chain = serializers.SerializerMethodField()

    def get_payload(self, event: Any) -> str:
        return bytes(event.payload).decode()

    def get_chain(self, event: Any) -> str:
        return bytes(event.chain).hex()


class VerifiedShape(serializers.Serializer):
    object = Kind("trail_verification")
    is_whole = serializers.BooleanField(source="whole", read_only=True)
    events = serializers.IntegerField(read_only=True)
    head = serializers.SerializerMethodField()
    broken_at = serializers.IntegerField(read_only=True, allow_null=True)
    reason = shown()

    def get_head(self, verified: Any) -> str:
        return str(verified.head.hex())


class Events(Endpoint):
    tag = "trail"

    @operation(
        "audit_events_list", "List the trail, newest first",
        answers=EventShape, is_list=True, order="-sequence", guard=reading_the_trail,
    )  # fmt: skip
    def get(self, call: Call) -> Any:
        return queries.events()


class Verification(Endpoint):
    tag = "trail"

    @operation("audit_events_verify", "Walk the whole chain", answers=VerifiedShape, guard=reading_the_trail)
    def get(self, call: Call) -> Any:
        return queries.verify()
