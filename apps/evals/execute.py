"""A batch of examples becomes generations and scores: teacher, student and judge side by side, no database open."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from apps.inference import errors
from apps.inference.client import Address, Answer, Client
from apps.kernel import chat, price
from apps.kernel.evaluators import catalogue
from apps.kernel.evaluators.contract import Case, Outcome

# An empty body is a server's fault and leaves the score missing; an answer that is empty comes as text, and scores 0.
FAULT_OF_MODEL = frozenset({errors.CONTEXT_OVERFLOW})
# A verdict that cannot be read is asked for once more.
JUDGE_ASKS = 2
WORTH_ASKING_AGAIN = frozenset({"judge_unparsable", "judge_out_of_range"})
TAG_BYTES = 8


@dataclass(frozen=True, slots=True)
class Recorded:
    """An answer that was given earlier and imported."""

    output: str | None
    usage: chat.Usage | None
    latency_ms: float | None
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of the run. ``address`` None: its answers are recorded, by example key."""

    role: str
    address: Address | None
    model: str
    parameters: Mapping[str, object]
    price: price.PriceCard | None
    recorded: Mapping[str, Recorded]


@dataclass(frozen=True, slots=True)
class Task:
    example_id: str
    key: str
    cohort: str
    content: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entry:
    """One evaluator of the frozen suite, with its judge where it asks one."""

    name: str
    kind: str
    settings: Mapping[str, object]
    cohorts: frozenset[str]
    judge: Arm | None


@dataclass(frozen=True, slots=True)
class Work:
    """Everything a batch needs, loaded at once. ``token`` proves the lease when the results come back.

    ``is_given_up``: it took too many workers with it and is not to be tried again.
    """

    run_id: str
    batch_id: str
    token: int
    tasks: Sequence[Task]
    arms: Sequence[Arm]
    entries: Sequence[Entry]
    deadline_s: float
    is_given_up: bool = False


@dataclass(frozen=True, slots=True)
class Scored:
    evaluator: str
    outcome: Outcome
    judge_cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """One model's answer to one example, and what every evaluator of the suite says of it."""

    example_id: str
    role: str
    output: str | None
    fault: str
    finish_reason: str
    usage: chat.Usage | None
    latency_ms: float | None
    cost_usd: Decimal | None
    answered_by: str
    scores: tuple[Scored, ...] = ()


async def run(work: Work, client: Client) -> list[Answered]:
    """Answer and score every task for both arms at once; the client limits what is in flight to each address."""
    jobs = [_answer_and_score(work, task, arm, client) for task in work.tasks for arm in work.arms]
    return list(await asyncio.gather(*jobs))


async def _answer_and_score(work: Work, task: Task, arm: Arm, client: Client) -> Answered:
    answered, fields = await _answer(work, task, arm, client)
    entries = [entry for entry in work.entries if not entry.cohorts or task.cohort in entry.cohorts]
    if answered.fault and answered.fault not in FAULT_OF_MODEL:
        # A transport fault says nothing about the model: missing, never 0 (statistics.md, section 1.1).
        scores = [Scored(entry.name, Outcome(None, answered.fault)) for entry in entries]
    else:
        case = Case(example=task.content, output=answered.output, recorded=fields)
        scores = await asyncio.gather(*(_score(work, entry, case, client) for entry in entries))
    return replace(answered, scores=tuple(scores))


async def _answer(work: Work, task: Task, arm: Arm, client: Client) -> tuple[Answered, Mapping[str, object]]:
    if arm.address is None:
        return _recorded_answer(task, arm)
    try:
        messages = chat.messages_of(task.content)
    except chat.NothingToAsk as error:
        answer = Answer(None, error.code, None, 0)
    else:
        request = chat.ChatRequest(model=arm.model, messages=messages, parameters=arm.parameters)
        answer = await client.complete(arm.address, request, deadline_s=work.deadline_s)
    done = answer.completion
    usage = done.usage if done else None
    return Answered(
        example_id=task.example_id,
        role=arm.role,
        output=done.text if done else None,
        fault=answer.fault or "",
        finish_reason=(done.finish_reason or "") if done else "",
        usage=usage,
        latency_ms=answer.latency_ms,
        cost_usd=_cost(arm.price, usage),
        answered_by=(done.model or "") if done else "",
    ), {}


def _recorded_answer(task: Task, arm: Arm) -> tuple[Answered, Mapping[str, object]]:
    recorded = arm.recorded[task.key]
    return Answered(
        example_id=task.example_id,
        role=arm.role,
        output=recorded.output,
        fault="",
        finish_reason="recorded",
        usage=recorded.usage,
        latency_ms=recorded.latency_ms,
        cost_usd=_cost(arm.price, recorded.usage),
        answered_by="recorded",
    ), recorded.fields


async def _score(work: Work, entry: Entry, case: Case, client: Client) -> Scored:
    evaluator = catalogue.get(entry.kind)
    if entry.judge is None:
        return Scored(entry.name, evaluator.score(case, entry.settings))
    given = evaluator.before_asking(case, entry.settings)
    if given is not None:
        return Scored(entry.name, given)
    judge, address = entry.judge, entry.judge.address
    if address is None:
        return Scored(entry.name, Outcome(None, "judge_not_callable"))
    spent: Decimal | None = None
    for _ in range(JUDGE_ASKS):
        # Each asking has a tag of its own: what the judged model wrote cannot know it.
        messages = evaluator.ask(case, entry.settings, tag=secrets.token_hex(TAG_BYTES))
        request = chat.ChatRequest(model=judge.model, messages=messages, parameters=judge.parameters)
        answer = await client.complete(address, request, deadline_s=work.deadline_s)
        outcome, cost = _verdict(answer, entry, judge)
        spent = cost if spent is None else spent + (cost or 0)
        if outcome.reason not in WORTH_ASKING_AGAIN:
            break
    return Scored(entry.name, outcome, spent)


def _verdict(answer: Answer, entry: Entry, judge: Arm) -> tuple[Outcome, Decimal | None]:
    """What a judge's answer says, and what it cost."""
    done = answer.completion
    if done is None:
        return Outcome(None, f"judge_{answer.fault}"), None
    cost = _cost(judge.price, done.usage)
    if errors.REFUSED in done.flags:
        return Outcome(None, "judge_refused", done.text), cost
    outcome: Outcome = catalogue.get(entry.kind).read(done.text, entry.settings)
    return outcome, cost


def _cost(card: price.PriceCard | None, usage: chat.Usage | None) -> Decimal | None:
    return None if card is None or usage is None else price.cost(card, usage)
