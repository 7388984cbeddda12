"""The trail: one row for each change, written once, each carrying the digest of the one before."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned


class AuditEvent(OrganizationOwned):
    """One fact of who, what and why. ``payload`` is the exact text under the chain; columns repeat it for search."""

    ID_PREFIX = "evt"

    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    event = models.CharField(max_length=80)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=80)
    actor_label = models.CharField(max_length=260)
    door = models.CharField(max_length=20)
    request_id = models.CharField(max_length=80, blank=True)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=80)
    says = models.TextField()
    payload = models.BinaryField()
    chain = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "sequence"], name="one_event_per_position")]
        indexes = [models.Index(fields=["organization", "subject_kind", "subject_id"], name="audit_by_subject")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.event}"
