"""One trial call, from top to bottom: load the version, ask it, write down in our words what came back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from apps.inference import errors
from apps.inference.client import Address, Answer, Client
from apps.inference.ledger import Ended
from apps.inference.retry import RetryPolicy
from apps.kernel.chat import ChatRequest, Message
from apps.registry import calling, queries, store
from apps.tenancy.acting import Acting, acting

ASKED = "Answer with the word yes."
# How the dialects ask for log-probabilities.
ASKS_FOR_LOGPROBS = ("logprobs", "top_logprobs")


@dataclass(frozen=True, slots=True)
class Loaded:
    address: Address
    request: ChatRequest


@dataclass(slots=True)
class _Heard:
    """A ledger that only remembers how the last attempt ended."""

    ended: Ended | None = None

    async def open(self, request: ChatRequest, number: int) -> None:
        """Nothing is billed here that a budget would have to know."""

    async def close(self, ticket: object, ended: Ended) -> None:
        self.ended = ended


def run(who: Acting, trial_id: UUID, *, client_of: Callable[[], Client] | None = None) -> None:
    """Make the call of a trial that has not ended. It is not tried again: whoever asked wants to see what happens."""
    with acting(who):
        trial = queries.open_trial(trial_id)
        loaded = None if trial is None else _load(trial.version)
    if loaded is None:
        return
    answer, status = asyncio.run(_ask(client_of or _client, loaded))
    asks = any(loaded.request.parameters.get(name) for name in ASKS_FOR_LOGPROBS)
    has_logprobs = answer.completion.logprobs is not None if answer.completion and asks else None
    with acting(who):
        store.end_trial(
            trial_id,
            fault=answer.fault or "",
            words=words_of(answer, status, has_logprobs=has_logprobs),
            latency_ms=answer.latency_ms,
            has_logprobs=has_logprobs,
        )


def words_of(answer: Answer, status: int | None, *, has_logprobs: bool | None) -> str:
    """What came back, in our words: nothing of an answer's body or headers is in them."""
    done = answer.completion
    if done is None:
        words = errors.WORDS.get(str(answer.fault), str(answer.fault).replace("_", " "))
        told = f" ({status})" if status not in (None, 200) else ""
        return f"{words[:1].upper()}{words[1:]}{told}."
    counted = "counted by us, as the endpoint sent no count" if done.usage.estimated else "as the endpoint counts"
    told = f"It answered: {done.usage.input_tokens} tokens in, {done.usage.output_tokens} out, {counted}."
    if has_logprobs is False:
        return f"{told} Log-probabilities were asked for and none came: divergence will not be available."
    return told


def _load(version: queries.ModelVersion) -> Loaded:
    request = ChatRequest(version.remote_name or version.model.slug, (Message("user", ASKED),), version.parameters)
    return Loaded(queries.address(version.endpoint), request)


def _client() -> Client:
    return calling.client(retry=RetryPolicy(random=random.random, attempts=1))


async def _ask(client_of: Callable[[], Client], loaded: Loaded) -> tuple[Answer, int | None]:
    ledger = _Heard()
    async with client_of() as client:
        deadline_s = settings.EVAL_CALL_DEADLINE_SECONDS
        answer = await client.complete(loaded.address, loaded.request, deadline_s=deadline_s, ledger=ledger)
    return answer, ledger.ended.status if ledger.ended else None
