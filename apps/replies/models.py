"""The first answer to a request that carried an Idempotency-Key."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned


class Reply(OrganizationOwned):
    """``status`` 0: the first request is still at work in its own transaction."""

    ID_PREFIX = "rep"

    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=71)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=bytes)
    location = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="one_reply_per_key")]

    def __str__(self) -> str:
        return self.key
