"""What asks before each attempt and hears how it ended: the account of every call that may cost money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from apps.kernel.chat import ChatRequest, Completion


class Stopped(Exception):
    """Nothing more may be sent. ``code`` says why (``budget_spent``, ``run_paused``) and becomes the answer's fault."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Ended:
    """How one attempt ended: ``completion`` or ``fault``. ``status`` is the HTTP status, None where none came.

    ``first_token_ms`` is None where the answer was not read as a stream. ``broken_at`` is the byte of the answer from
    which on it cannot be read, None where there is no such place.
    """

    fault: str | None
    completion: Completion | None
    latency_ms: float
    first_token_ms: float | None
    status: int | None
    broken_at: int | None = None


class Ledger(Protocol):
    """Keeps an account of attempts. An opened one that is never closed (a killed worker) may have been billed."""

    async def open(self, request: ChatRequest, number: int) -> object:
        """Make attempt ``number`` (1, 2, …) durable before anything of it is sent; returns a ticket.

        Asked only when the call's turn has come, so an opened attempt is really about to be sent. May raise Stopped.
        """

    async def close(self, ticket: object, ended: Ended) -> None:
        """Note how the attempt of this ticket ended."""
