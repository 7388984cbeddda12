"""The account of one call: each attempt open and durable before it is sent, and closed with what it cost."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from uuid import UUID

from apps.evals.execute.desk import Closing, Desk, Opening
from apps.evals.execute.work import Job
from apps.inference import errors
from apps.inference.client import Address, body_of, request_digest
from apps.inference.ledger import Ended, Stopped
from apps.inference.providers import catalogue
from apps.kernel import budget, price
from apps.kernel.budget import Reach
from apps.kernel.chat import ChatRequest
from apps.tenancy.ids import new_id

ANSWERED, NOT_SENT = "answered", "not_sent"
UNSENT = frozenset(
    {
        errors.ADDRESS_BLOCKED,
        errors.HOST_NOT_FOUND,
        errors.UNREACHABLE,
        errors.CREDENTIAL,
        errors.PARAMETER_MISSING,
        errors.TLS,
    }
)
FIRST_STATUS_OF_REFUSAL = 300


def reach_of(ended: Ended) -> Reach:
    """How far an attempt came: what decides whether it was billed for certain, surely not, or perhaps."""
    if ended.completion is not None:
        return Reach.ANSWERED
    if ended.status is not None and ended.status >= FIRST_STATUS_OF_REFUSAL:
        return Reach.REFUSED
    return Reach.UNSENT if ended.fault in UNSENT else Reach.UNKNOWN


class Account:
    """A Ledger for one call. The first attempt is opened before the call queues for its turn at the endpoint.

    So the wait for the database costs no time in flight. ``stopped`` is the code of why nothing more was sent.
    """

    def __init__(self, desk: Desk, job: Job, request: ChatRequest) -> None:
        assert job.arm.address is not None  # noqa: S101 - recorded answers need no account
        self.address: Address = job.arm.address
        self.request = request
        self.stopped: str | None = None
        self._desk = desk
        self._job = job
        self._body = body_of(self.address, request)
        self.digest = request_digest(self.address, request)
        self._worst = budget.worst_case(
            job.arm.price,
            request_bytes=len(self._body),
            parameters=request.parameters,
            limits=catalogue.get(self.address.dialect).limits,
        )
        self._ready: UUID | None = None

    async def prepare(self) -> None:
        """Open the first attempt. Raises Stopped."""
        self._ready = await self._opened(1)

    async def open(self, request: ChatRequest, number: int) -> object:
        if self._desk.halted is not None:
            self.stopped = self._desk.halted
            raise Stopped(self.stopped)
        ticket, self._ready = self._ready, None
        if ticket is None:
            try:
                ticket = await self._opened(number)
            except Stopped as stopped:
                self.stopped = stopped.code
                raise
        self._desk.sent.add(asyncio.current_task())
        return ticket

    async def close(self, ticket: object, ended: Ended) -> None:
        if ended.completion is None:
            # A call that waits to be tried again may be ended; an answer is kept.
            self._desk.sent.discard(asyncio.current_task())
        usage = ended.completion.usage if ended.completion else None
        card = self._job.arm.price
        cost = None if card is None or usage is None else price.cost(card, usage)
        certain, unconfirmed = budget.settle(reach_of(ended), cost_usd=cost, worst_usd=self._worst)
        self._close(
            ticket, ended.fault or ANSWERED, ended.status, ended.latency_ms, certain, unconfirmed, ended.broken_at
        )

    def drop(self) -> None:
        """Close the attempt that was opened and never sent."""
        if self._ready is not None:
            self._close(self._ready, NOT_SENT, None, None, budget.NOTHING, budget.NOTHING)
            self._ready = None

    async def _opened(self, number: int) -> UUID:
        job, ticket = self._job, new_id()
        about, entry = job.about, job.entry
        opening = Opening(
            id=ticket,
            lease=job.lease,
            example_id=job.task.example_id,
            role=about.role if about else job.arm.role,
            repeat=job.repeat,
            evaluator=entry.name if entry else "",
            number=number,
            request_digest=self.digest,
            body=self._body if number == 1 else None,
            worst_usd=self._worst,
        )
        try:
            await self._desk.opened(opening)
        except asyncio.CancelledError:
            # It may be durable already, or be about to be; it was not sent in any case.
            self._close(ticket, NOT_SENT, None, None, budget.NOTHING, budget.NOTHING)
            raise
        return ticket

    def _close(
        self,
        ticket: object,
        outcome: str,
        status: int | None,
        latency_ms: float | None,
        certain: Decimal,
        unconfirmed: Decimal,
        broken_at: int | None = None,
    ) -> None:
        assert isinstance(ticket, UUID)  # noqa: S101 - it is ours
        self._desk.closed(Closing(ticket, outcome, status, latency_ms, certain, unconfirmed, broken_at))
