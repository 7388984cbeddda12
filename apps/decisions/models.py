"""A person's decision on a verdict, and the second person's approval. Both are written once and signed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.kernel.decision import KINDS
from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class Decision(OrganizationOwned):
    """Who decided what on which evidence, and why. ``record`` is the exact text under the signature."""

    ID_PREFIX = "dec"

    project = OwnedForeignKey("projects.Project", related_name="+")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20)
    gate_decision = OwnedForeignKey("gates.GateDecision", related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    reference = models.CharField(max_length=200, blank=True)
    record = models.BinaryField()
    digest = models.CharField(max_length=71)
    signature = models.CharField(max_length=120)
    key_id = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_decision_per_number"),
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="known_decision_kind"),
        ]

    def __str__(self) -> str:
        return f"decision #{self.number}"


class Approval(OrganizationOwned):
    """The second person's signature under an override."""

    ID_PREFIX = "appr"

    decision = OwnedForeignKey(Decision, related_name="approvals")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)
    record = models.BinaryField()
    digest = models.CharField(max_length=71)
    signature = models.CharField(max_length=120)
    key_id = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision"], name="one_approval_per_decision"),
        ]

    def __str__(self) -> str:
        return f"approval of {self.decision}"
