"""Ask a judge about one answer, and once more where its verdict cannot be read."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from decimal import Decimal

from apps.evals.execute.work import Entry
from apps.inference import errors
from apps.inference.client import Answer
from apps.kernel import chat, price
from apps.kernel.evaluators import catalogue
from apps.kernel.evaluators.contract import Case, Outcome

Complete = Callable[[chat.ChatRequest], Awaitable[Answer]]

ASKS = 2
WORTH_ASKING_AGAIN = frozenset({"judge_unparsable", "judge_out_of_range"})
NOT_CALLABLE = Outcome(None, "judge_not_callable")
TAG_BYTES = 8


async def verdict(entry: Entry, case: Case, complete: Complete) -> tuple[Outcome, Decimal | None]:
    """What the entry's judge says of a case, and what all its answers cost; None where none has a price.

    A judge's fault is missing with its reason. Raises what ``complete`` raises.
    """
    judge = entry.judge
    if judge is None:
        return NOT_CALLABLE, None
    evaluator = catalogue.get(entry.kind)
    spent: Decimal | None = None
    for _ in range(ASKS):
        # Each asking has a tag of its own: what the judged model wrote cannot know it.
        messages = evaluator.ask(case, entry.settings, tag=secrets.token_hex(TAG_BYTES))
        answer = await complete(chat.ChatRequest(judge.model, messages, judge.parameters))
        done = answer.completion
        if done is None:
            return Outcome(None, f"judge_{answer.fault}"), spent
        if judge.price is not None:
            spent = price.cost(judge.price, done.usage) + (spent or 0)
        if errors.REFUSED in done.flags:
            return Outcome(None, "judge_refused", done.text), spent
        outcome: Outcome = evaluator.read(done.text, entry.settings)
        if outcome.reason not in WORTH_ASKING_AGAIN:
            break
    return outcome, spent
