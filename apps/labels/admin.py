"""Labels, samples and what judges said when they were checked, for auditors."""

from __future__ import annotations

from django.contrib import admin

from apps.audit.windows import ReadOnlyAdmin
from apps.labels.models import AnchorVerdict, Label, LabelSample, PlantedVerdict


@admin.register(Label)
class LabelWindow(ReadOnlyAdmin):
    list_display = ("generation_id", "evaluator", "labeller", "revision", "value", "given_by", "created_at")
    list_filter = ("evaluator",)
    ordering = ("-created_at",)
    fields = (
        "generation_id", "evaluator", "labeller", "revision", "value", "note", "given_by", "sample_id", "created_at",
    )  # fmt: skip
    readonly_fields = ("generation_id", "sample_id")


@admin.register(LabelSample)
class SampleWindow(ReadOnlyAdmin):
    list_display = ("run", "evaluator", "row_count", "seed", "drawn_by", "created_at")
    ordering = ("-created_at",)
    fields = ("run", "evaluator", "row_count", "seed", "generation_ids", "drawn_by", "created_at")


@admin.register(PlantedVerdict)
class PlantedWindow(ReadOnlyAdmin):
    list_display = ("run", "evaluator", "place", "asking", "case", "value", "reason", "judge_cost_usd", "created_at")
    list_filter = ("case",)
    ordering = ("-created_at",)
    fields = (
        "run", "evaluator", "place", "asking", "case", "value", "reason", "detail", "told", "judge_cost_usd",
        "created_at",
    )  # fmt: skip


@admin.register(AnchorVerdict)
class AnchorWindow(ReadOnlyAdmin):
    list_display = ("run", "evaluator", "place", "value", "reason", "told", "judge_cost_usd", "created_at")
    list_filter = ("evaluator",)
    ordering = ("-created_at",)
    fields = (
        "run", "evaluator", "anchor_set_id", "place", "value", "reason", "detail", "told", "judge_cost_usd",
        "created_at",
    )  # fmt: skip
    readonly_fields = ("anchor_set_id",)
