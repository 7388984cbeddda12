"""When a lease has run out: by the database's clock, which stands still for leases while the database is away."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import DateTimeField, Func, Q
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThan


class _UpSince(Func):
    """When this database was started."""

    function = "pg_postmaster_start_time"
    output_field = DateTimeField()


def lease() -> timedelta:
    return timedelta(seconds=settings.EVAL_LEASE_SECONDS)


def ran_out() -> Q:
    """Leases whose holder is gone.

    While the database was away nobody could renew, and whoever lives does so soon after it is back: until then no lease
    counts as run out, or the living would be taken for dead and their rows asked for twice.
    """
    had_time = GreaterThan(Now(), _UpSince() + timedelta(seconds=settings.EVAL_GRACE_SECONDS))
    return Q(leased_until__lt=Now()) & Q(had_time)


def free() -> Q:
    """What was never leased, was given back, or whose holder is gone."""
    return Q(leased_until__isnull=True) | ran_out()
