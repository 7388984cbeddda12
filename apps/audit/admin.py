"""The trail, for auditors."""

from __future__ import annotations

from django.contrib import admin

from apps.audit.models import AuditEvent
from apps.audit.windows import ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventWindow(ReadOnlyAdmin):
    list_display = ("sequence", "at", "event", "actor_label", "door", "says")
    list_filter = ("event", "actor_kind", "door")
    ordering = ("-sequence",)
    fields = (
        "sequence", "at", "event", "actor_kind", "actor_label", "door", "request_id",
        "subject_kind", "subject_id", "says", "exact_text", "chain_value",
    )  # fmt: skip
    readonly_fields = ("exact_text", "chain_value")

    @admin.display(description="exact text under the chain")
    def exact_text(self, event: AuditEvent) -> str:
        return bytes(event.payload).decode()

    @admin.display(description="chain value")
    def chain_value(self, event: AuditEvent) -> str:
        return bytes(event.chain).hex()
