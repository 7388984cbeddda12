"""Decisions, for auditors."""

from __future__ import annotations

from django.contrib import admin

from apps.audit.windows import ReadOnlyAdmin
from apps.decisions.models import Approval, Decision


@admin.register(Decision)
class DecisionWindow(ReadOnlyAdmin):
    list_display = ("number", "project", "kind", "decided_by", "created_at", "reason", "digest")
    list_filter = ("kind",)
    ordering = ("-created_at",)
    fields = (
        "project", "number", "kind", "decided_by", "created_at", "reason", "reference",
        "exact_record", "digest", "signature", "key_id",
    )  # fmt: skip
    readonly_fields = ("exact_record",)

    @admin.display(description="exact record under the signature")
    def exact_record(self, decision: Decision) -> str:
        return bytes(decision.record).decode()


@admin.register(Approval)
class ApprovalWindow(ReadOnlyAdmin):
    list_display = ("decision", "approved_by", "created_at", "reason", "digest")
    ordering = ("-created_at",)
    fields = ("decision", "approved_by", "created_at", "reason", "digest", "signature", "key_id")
