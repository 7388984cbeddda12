"""A client is as the installation is set up."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from apps.inference.client import Client
from apps.inference.retry import RetryPolicy
from apps.inference.turns import Patience
from apps.registry import calling


def made(retry: RetryPolicy | None) -> Client:
    """A client belongs to an event loop."""

    async def scene() -> Client:
        return calling.client(retry=retry)

    return asyncio.run(scene())


def test_what_an_operator_sets_reaches_the_client(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["10.0.0.0/8:8000"]
    settings.LIMITS_URL = "redis://limits.example/3"
    settings.EVAL_PATIENCE_SLOWED_SECONDS, settings.EVAL_PATIENCE_FAILING_SECONDS = 7.0, 3.0
    once = RetryPolicy(random=lambda: 0.0, attempts=1)
    client = made(once)
    assert (client._allow, client._board_url) == (("10.0.0.0/8:8000",), "redis://limits.example/3")
    assert client._member.endswith(f":{os.getpid()}")
    assert (client._patience, client._retry) == (Patience(slowed_s=7.0, failing_s=3.0), once)


def test_without_a_word_a_call_is_tried_more_than_once(settings: Any) -> None:
    assert made(None)._retry.attempts > 1
