"""Organizations, memberships and keys. Read before an organization is known: outside the fence."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.tenancy.ids import new_id
from apps.tenancy.permissions import Role

ROLE_CHOICES = [(role.value, role.value) for role in Role]


class Organization(models.Model):
    """The tenant: the wall of visibility."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.slug


class Membership(models.Model):
    """A person's role in an organization."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=ROLE_CHOICES)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="one_membership_per_person"),
            models.CheckConstraint(condition=models.Q(role__in=[role.value for role in Role]), name="known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class ApiKey(models.Model):
    """A machine's way in. Only a keyed hash is kept; the key itself is shown once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Share(models.Model):
    """How much of a queue of work an organization has had, so that the next turn goes to whoever had least.

    ``served_ms`` runs on as virtual time (start-time fair queueing: Goyal, Vin and Cheng 1996): an organization that
    comes back starts no earlier than ``began_ms`` of the newest turn, so nobody saves up while away. ``turns`` counts
    them. Workers read it before they act for anybody; no row of an organization can be told from it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    queue = models.CharField(max_length=20)
    is_waiting = models.BooleanField(default=False)
    served_ms = models.BigIntegerField(default=0)
    began_ms = models.BigIntegerField(default=0)
    turns = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "queue"], name="one_share_of_a_queue")]
        indexes = [
            models.Index(fields=["queue", "served_ms"], name="whose_turn", condition=models.Q(is_waiting=True)),
            models.Index(fields=["queue", "-began_ms"], name="newest_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.queue}: {self.served_ms} ms"
