"""A client as this installation is set up: what it may call, where limits are shared, how patient it is."""

from __future__ import annotations

import os
import socket

from django.conf import settings

from apps.inference.client import Client
from apps.inference.retry import RetryPolicy
from apps.inference.turns import Patience


def client(*, retry: RetryPolicy | None = None) -> Client:
    return Client(
        allow=settings.OUTBOUND_ALLOW,
        retry=retry,
        board_url=settings.LIMITS_URL,
        # A process makes one client after another, one for each piece of work, and is one worker all the same.
        member=f"{socket.gethostname()}:{os.getpid()}",
        patience=Patience(
            slowed_s=settings.EVAL_PATIENCE_SLOWED_SECONDS, failing_s=settings.EVAL_PATIENCE_FAILING_SECONDS
        ),
    )
