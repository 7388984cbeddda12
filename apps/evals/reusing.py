"""Answers that need not be asked for again: the same exact request of this organization, or a run tried once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import QuerySet

from apps.evals.execute.asking import cost_of, request_of, text_request_of
from apps.evals.execute.work import Answered, Arm, Frame, Key, Measured, Scored, Task, ToMeasure
from apps.evals.models import SELECTION, STUDENT, EvalRun, Generation, Likelihood
from apps.inference.client import request_digest
from apps.kernel import chat
from apps.kernel.evaluators.contract import Outcome

KEY = ("example_id", "role", "repeat")


def answers_for(run: EvalRun, frame: Frame, tasks: Sequence[Task]) -> Mapping[Key, Answered]:
    """By example, role and repeat. Empty unless the run reuses answers or repeats another run's failures."""
    if run.retry_of is not None:
        return _of_run(run.retry_of, frame, tasks)
    return _of_requests(frame, tasks) if run.reuse_answers else {}


def _of_run(earlier: UUID, frame: Frame, tasks: Sequence[Task]) -> dict[Key, Answered]:
    """The good answers of the run that is tried again, with the verdicts of judges that came."""
    good = Generation.objects.filter(run=earlier, example_id__in=[task.example_id for task in tasks], fault="")
    arms = {arm.role: arm for arm in frame.arms}
    judged = {entry.name for entry in frame.entries if entry.judge is not None}
    found = {}
    for row in good.prefetch_related("scores"):
        kept = tuple(
            Scored(score.evaluator, Outcome(score.value, None, score.detail), score.judge_cost_usd)
            for score in row.scores.all()
            if score.evaluator in judged and score.value is not None
        )
        if arms[row.role].address is not None:
            key = (str(row.example_id), row.role, row.repeat)
            found[key] = replace(_answered(row, key, arms[row.role]), scores=kept)
    return found


def _of_requests(frame: Frame, tasks: Sequence[Task]) -> dict[Key, Answered]:
    """Answers of this organization to the same exact request under the same repeat, never from a selection run."""
    wanted: dict[tuple[str, int], list[tuple[Key, Arm]]] = {}
    for task in tasks:
        for arm in (arm for arm in frame.arms if arm.address is not None):
            for repeat in range(frame.repeats):
                digest = _digest(task, arm, repeat, frame.seed)
                if digest is not None:
                    wanted.setdefault((digest, repeat), []).append(((task.example_id, arm.role, repeat), arm))
    return {
        key: _answered(row, key, arm)
        for row in _earlier({digest for digest, _ in wanted})
        for key, arm in wanted.get((row.request_digest, row.repeat), [])
    }


def _earlier(digests: set[str]) -> QuerySet[Generation]:
    """The newest comes last and wins."""
    rows = Generation.objects.filter(request_digest__in=digests, fault="").exclude(run__purpose=SELECTION)
    return rows.filter(reused_from=None).order_by("created_at", "id")


def _digest(task: Task, arm: Arm, repeat: int, seed: int | None) -> str | None:
    assert arm.address is not None  # noqa: S101 - only what is called is asked for
    try:
        request = request_of(task, arm, repeat=repeat, seed=seed)
    except chat.NothingToAsk:
        return None
    return request_digest(arm.address, request)


def _answered(row: Generation, key: Key, arm: Arm) -> Answered:
    """The earlier answer as this run's own, at the price frozen for this run."""
    example_id, role, repeat = key
    usage = None
    if row.input_tokens is not None and row.output_tokens is not None:
        usage = chat.Usage(row.input_tokens, row.output_tokens, row.usage_estimated)
    return Answered(
        example_id=example_id,
        role=role,
        repeat=repeat,
        output=row.output,
        finish_reason=row.finish_reason,
        usage=usage,
        latency_ms=row.latency_ms,
        first_token_ms=row.first_token_ms,
        cost_usd=cost_of(arm.price, usage),
        answered_by=row.answered_by,
        fingerprint=row.fingerprint,
        logprobs=row.logprobs,
        request_digest=row.request_digest,
        reused_from=row.reused_from or row.id,
    )


def measured_earlier(run: EvalRun, frame: Frame, texts: Sequence[ToMeasure]) -> tuple[ToMeasure, ...]:
    """These texts, those with what was measured by the same exact request where the run reuses answers or retries."""
    arm = next(arm for arm in frame.arms if arm.role == STUDENT)
    if arm.address is None or not (run.reuse_answers or run.retry_of is not None):
        return tuple(texts)
    digests = {one.generation_id: _text_digest(one, arm) for one in texts if not one.reason}
    rows = Likelihood.objects.filter(request_digest__in={found for found in digests.values() if found}, reason="")
    rows = rows.exclude(generation__run__purpose=SELECTION)
    if not run.reuse_answers:
        rows = rows.filter(generation__run=run.retry_of)
    earlier = {row.request_digest: row for row in rows.order_by("created_at", "id")}
    return tuple(
        replace(one, reusable=_measured(one, row))
        if (row := earlier.get(digests.get(one.generation_id) or "")) is not None
        else one
        for one in texts
    )


def _text_digest(one: ToMeasure, arm: Arm) -> str | None:
    assert arm.address is not None  # noqa: S101 - only what is called is asked for
    try:
        request = text_request_of(one.task, arm, arm.address, one.text)
    except chat.NothingToAsk:
        return None
    return None if request is None else request_digest(arm.address, request)


def _measured(one: ToMeasure, row: Likelihood) -> Measured:
    return Measured(
        generation_id=one.generation_id,
        nats=row.nats,
        tokens=row.tokens,
        logprobs=row.logprobs,
        cost_usd=row.cost_usd,
        request_digest=row.request_digest,
        reused_from=row.reused_from or row.id,
        teacher_nats=one.teacher_nats,
    )
