"""What the tests of the client share: one question, and one way to put it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from apps.inference.client import Address, Answer, Client
from apps.inference.retry import RetryPolicy
from apps.kernel.chat import ChatRequest, Message

QUESTION = ChatRequest("m-1", (Message("user", "Capital of France?"),), {"temperature": 0})
LOOPBACK = ("127.0.0.1:*",)
ONCE = RetryPolicy(random=lambda: 0.0, attempts=1)
AT_ONCE = RetryPolicy(random=lambda: 0.0)


def ask(
    base_url: str,
    *,
    request: ChatRequest = QUESTION,
    credential: str | None = None,
    deadline_s: float = 5.0,
    retry: RetryPolicy = ONCE,
    allow: Sequence[str] = LOOPBACK,
) -> Answer:
    """One call with a client of its own."""
    return ask_often(
        base_url, 1, request=request, credential=credential, deadline_s=deadline_s, retry=retry, allow=allow
    )[0]


def ask_often(
    base_url: str,
    times: int,
    *,
    request: ChatRequest = QUESTION,
    credential: str | None = None,
    deadline_s: float = 5.0,
    retry: RetryPolicy = ONCE,
    allow: Sequence[str] = LOOPBACK,
    concurrency: int = 1,
) -> list[Answer]:
    """Calls of one client to one address, ``concurrency`` at a time."""

    async def calls() -> list[Answer]:
        address = Address(base_url, credential, concurrency)
        async with Client(allow=allow, retry=retry) as client:
            jobs = [client.complete(address, request, deadline_s=deadline_s) for _ in range(times)]
            return list(await asyncio.gather(*jobs))

    return asyncio.run(calls())


def timed(base_url: str, *, deadline_s: float, retry: RetryPolicy = ONCE) -> tuple[Answer, float]:
    """An answer and the seconds that it took."""
    began = time.monotonic()
    answer = ask(base_url, deadline_s=deadline_s, retry=retry)
    return answer, time.monotonic() - began


def forget_peak() -> None:
    """Let ``peak_mib`` count from now on (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mib() -> float:
    """The most resident memory since ``forget_peak``, in MiB."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
