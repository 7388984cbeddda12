"""One job done: ask a model for an answer and score it, or ask a judge about an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from apps.evals.execute import judge, measuring
from apps.evals.execute.account import Account
from apps.evals.execute.desk import Desk
from apps.evals.execute.work import WORKER_LOST, Answered, Arm, Entry, Frame, Job, Judged, Measured, Scored, Task
from apps.inference import errors
from apps.inference.client import Address, Answer, Client, scoring_request
from apps.inference.ledger import Stopped
from apps.kernel import chat, price
from apps.kernel.evaluators import catalogue
from apps.kernel.evaluators.contract import Case, Outcome

# An empty body is a server's fault and leaves the score missing; an answer that is empty comes as text, and scores 0.
FAULT_OF_MODEL = frozenset({errors.CONTEXT_OVERFLOW})


async def do(job: Job, client: Client, desk: Desk) -> Answered | Judged | Measured:
    """Raises Stopped when nothing more may be sent: then the job is not done and has no result."""
    if job.about is not None:
        return await _judged(job, client, desk)
    if job.text is not None:
        return await _measured(job, client, desk)
    if job.reusable is not None:
        return replace(job.reusable, scores=(*job.reusable.scores, *_scores_beside(job, job.reusable)))
    if job.is_lost:
        return _missing(job, WORKER_LOST)
    return _recorded_answer(job) if job.arm.address is None else await _answer(job, client, desk)


def request_of(task: Task, arm: Arm, *, repeat: int, seed: int | None) -> chat.ChatRequest:
    """The exact request of an answer. ``seed`` goes out as the provider's parameter, one further for each repeat.

    Raises NothingToAsk.
    """
    parameters = arm.parameters if seed is None else {**arm.parameters, "seed": seed + repeat}
    return chat.ChatRequest(model=arm.model, messages=chat.messages_of(task.content), parameters=parameters)


def text_request_of(task: Task, arm: Arm, address: Address, text: str) -> chat.ChatRequest | None:
    """The exact request for how likely ``text`` is as the arm's answer; None where its endpoint cannot be asked.

    Raises NothingToAsk.
    """
    return scoring_request(address, request_of(task, arm, repeat=0, seed=None), text)


def cost_of(card: price.PriceCard | None, usage: chat.Usage | None) -> Decimal | None:
    return None if card is None or usage is None else price.cost(card, usage)


async def _answer(job: Job, client: Client, desk: Desk) -> Answered:
    arm = job.arm
    try:
        request = request_of(job.task, arm, repeat=job.repeat, seed=job.frame.seed)
    except chat.NothingToAsk as error:
        return _missing(job, error.code)
    account = Account(desk, job, request)
    answer = await _complete(client, account, job.frame)
    done = answer.completion
    if done is None:
        return _missing(job, answer.fault or "", digest=account.digest)
    return Answered(
        example_id=job.task.example_id,
        role=arm.role,
        repeat=job.repeat,
        output=done.text,
        finish_reason=done.finish_reason or "",
        usage=done.usage,
        latency_ms=answer.latency_ms,
        first_token_ms=answer.first_token_ms,
        cost_usd=cost_of(arm.price, done.usage),
        answered_by=done.model or "",
        fingerprint=done.fingerprint or "",
        logprobs=done.logprobs,
        request_digest=account.digest,
        scores=_scores(job, done.text, {}),
    )


def _missing(job: Job, fault: str, *, digest: str = "") -> Answered:
    """An answer that did not come. A transport fault says nothing about the model: missing, never 0.

    (statistics.md, section 1.1)
    """
    if fault in FAULT_OF_MODEL:
        scores = _scores(job, None, {})
    else:
        scores = tuple(Scored(entry.name, Outcome(None, fault)) for entry in _entries(job))
    return Answered(
        job.task.example_id, job.arm.role, job.repeat, fault=fault, request_digest=digest, scores=scores
    )  # fmt: skip


async def _complete(client: Client, account: Account, frame: Frame) -> Answer:
    """Ask once the account is open. Raises Stopped."""
    await account.prepare()
    try:
        answer = await client.complete(account.address, account.request, deadline_s=frame.deadline_s, ledger=account)
    finally:
        account.drop()
    if account.stopped is not None:
        raise Stopped(account.stopped)
    return answer


def _recorded_answer(job: Job) -> Answered:
    recorded = job.arm.recorded[job.task.key]
    return Answered(
        example_id=job.task.example_id,
        role=job.arm.role,
        repeat=job.repeat,
        output=recorded.output,
        finish_reason="recorded",
        usage=recorded.usage,
        latency_ms=recorded.latency_ms,
        cost_usd=cost_of(job.arm.price, recorded.usage),
        answered_by="recorded",
        scores=_scores(job, recorded.output, recorded.fields),
    )


def _entries(job: Job) -> list[Entry]:
    return [entry for entry in job.frame.entries if entry.scores(job.task.cohort)]


def _scores_beside(job: Job, answered: Answered) -> tuple[Scored, ...]:
    """Scores of an earlier answer, but for those that came with it."""
    known = {scored.evaluator for scored in answered.scores}
    return tuple(scored for scored in _scores(job, answered.output, {}) if scored.evaluator not in known)


def _scores(job: Job, output: str | None, fields: Mapping[str, object]) -> tuple[Scored, ...]:
    """What can be said without asking a judge; entries that need one are left to the judging stage."""
    case, scores = Case(example=job.task.content, output=output, recorded=fields), []
    for entry in _entries(job):
        evaluator = catalogue.get(entry.kind)
        if entry.judge is None:
            scores.append(Scored(entry.name, evaluator.score(case, entry.settings)))
        elif (given := evaluator.before_asking(case, entry.settings)) is not None:
            scores.append(Scored(entry.name, given))
        elif entry.judge.address is None:
            scores.append(Scored(entry.name, judge.NOT_CALLABLE))
    return tuple(scores)


async def _judged(job: Job, client: Client, desk: Desk) -> Judged:
    about, entry = job.about, job.entry
    assert about is not None and entry is not None  # noqa: S101, PT018 - a job about an answer names its evaluator
    if job.is_lost:
        return Judged(about.generation_id, Scored(entry.name, Outcome(None, WORKER_LOST)))
    case = Case(example=job.task.content, output=about.output, recorded=about.fields)

    async def complete(request: chat.ChatRequest) -> Answer:
        return await _complete(client, Account(desk, job, request), job.frame)

    outcome, spent = await judge.verdict(entry, case, complete)
    return Judged(about.generation_id, Scored(entry.name, outcome, spent))


async def _measured(job: Job, client: Client, desk: Desk) -> Measured:
    one, address = job.text, job.arm.address
    assert one is not None  # noqa: S101 - asked for such jobs only
    given = measuring.known(job, one)
    if given is not None or address is None:
        return given or Measured(one.generation_id, reason=measuring.UNSUPPORTED)
    try:
        request = text_request_of(job.task, job.arm, address, one.text)
    except chat.NothingToAsk as error:
        return Measured(one.generation_id, reason=error.code)
    if request is None:
        return Measured(one.generation_id, reason=measuring.UNSUPPORTED)

    async def complete(asked: chat.ChatRequest) -> tuple[Answer, str]:
        account = Account(desk, job, asked)
        return await _complete(client, account, job.frame), account.digest

    return replace(await measuring.measured(job, one, request, complete), teacher_nats=one.teacher_nats)
