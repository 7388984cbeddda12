"""A client as this installation is set up: what it may call, where limits are shared, how patient it is."""

from __future__ import annotations

from django.conf import settings

from apps.inference.client import Client
from apps.inference.retry import RetryPolicy
from apps.inference.turns import Patience


def client(*, retry: RetryPolicy | None = None) -> Client:
    return Client(
        allow=settings.OUTBOUND_ALLOW,
        retry=retry,
        board_url=settings.LIMITS_URL,
        patience=Patience(
            slowed_s=settings.EVAL_PATIENCE_SLOWED_SECONDS, failing_s=settings.EVAL_PATIENCE_FAILING_SECONDS
        ),
    )
