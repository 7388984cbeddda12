"""Ask the student how likely it finds an answer that the teacher gave (statistics.md §4.8 a)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal

from apps.evals.execute.work import WORKER_LOST, Job, Measured, ToMeasure
from apps.inference.client import Answer
from apps.kernel import chat, price
from apps.kernel.chat import ChatRequest
from apps.kernel.likelihood import likelihood
from apps.kernel.plan import MEASURING_FAULT
from apps.kernel.scorecard.texts import UNSUPPORTED


def known(job: Job, one: ToMeasure) -> Measured | None:
    """What can be said without asking."""
    if job.is_lost:
        return Measured(one.generation_id, reason=WORKER_LOST)
    if one.reusable is not None:
        return one.reusable
    if job.arm.address is None:
        return Measured(one.generation_id, reason=UNSUPPORTED)
    return Measured(one.generation_id, reason=one.reason) if one.reason else None


async def measured(
    job: Job, one: ToMeasure, request: ChatRequest, complete: Callable[[ChatRequest], Awaitable[tuple[Answer, str]]]
) -> Measured:
    """One call. A fault of it, or an answer whose tokens are not the text's, leaves the row without a measurement.

    Raises what ``complete`` raises; that also tells the digest of what was sent.
    """
    answer, digest = await complete(request)
    done = answer.completion
    if done is None:
        return Measured(one.generation_id, reason=f"{MEASURING_FAULT}{answer.fault}", request_digest=digest)
    cost = _cost(job.arm.price, done.usage)
    if not done.logprobs:
        reason = done.flags[0] if done.flags else UNSUPPORTED
        return Measured(one.generation_id, reason=reason, cost_usd=cost, request_digest=digest)
    found = likelihood(done.logprobs, (0, len(done.logprobs)))
    return Measured(
        generation_id=one.generation_id,
        nats=found.nats,
        tokens=found.tokens,
        reason=found.reason or "",
        logprobs=[position[:2] for position in done.logprobs],
        cost_usd=cost,
        request_digest=digest,
    )


def _cost(card: price.PriceCard | None, usage: chat.Usage) -> Decimal | None:
    return None if card is None else price.cost(card, usage)
