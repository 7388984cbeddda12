"""Turn a leased batch and its frozen run into plain values that need no database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.evals import reusing
from apps.evals.execute.work import Arm, Entry, Frame, Key, Lease, Recorded, Task, ToJudge, ToMeasure, Work
from apps.evals.models import JUDGING, MEASURING, STUDENT, TEACHER, Batch, EvalRun, Generation, Score
from apps.inference.client import Address
from apps.kernel import chat, plan, price
from apps.kernel.scorecard.texts import teacher_likelihood
from apps.registry import queries as registry
from apps.registry.models import ModelVersion
from apps.tenancy.acting import current

# Each row is looked up by its unique key. Left to itself the planner reads all rows of an organization that has just
# imported them, for every batch: it has no statistics of it yet and takes it for empty (EXPLAIN).
TASKS = """SELECT e.id, e.key, c.name, e.content FROM unnest(%(ids)s::uuid[]) AS one,
    LATERAL (SELECT id, key, cohort_id, content FROM datasets_example
        WHERE organization_id = %(organization)s AND id = one OFFSET 0) e,
    LATERAL (SELECT name FROM datasets_cohort
        WHERE organization_id = %(organization)s AND id = e.cohort_id OFFSET 0) c
    ORDER BY e.key"""
FIRST_TOKEN = 1


def frame_of(run: EvalRun) -> Frame:
    """What every batch of the run shares, keys of endpoints opened. Loaded once a slice."""
    suite = run.suite_version
    return Frame(
        run_id=run.id,
        arms=tuple(
            _arm(role, version, run.plan["prices"][role])
            for role, version in ((TEACHER, run.teacher), (STUDENT, run.student))
        ),
        entries=tuple(entry_of(entry, run.plan["prices"]) for entry in suite.entries),
        repeats=run.repeats,
        seed=run.seed,
        deadline_s=settings.EVAL_CALL_DEADLINE_SECONDS,
    )


def work_of(batch: Batch, run: EvalRun, frame: Frame) -> Work:
    """The batch's examples and what is left to do with them. Its queries are the same however large the run is."""
    tasks = _tasks(batch.example_ids)
    care = plan.care(batch.losses)
    lease = Lease(batch.id, batch.token)
    if batch.stage == JUDGING:
        return Work(
            frame, lease, batch.stage, tasks, judging=_judging(run, frame, tasks), lost=care.lost, alone=care.alone
        )
    if batch.stage == MEASURING:
        to_measure = _measuring(run, frame, tasks)
        return Work(frame, lease, batch.stage, tasks, measuring=to_measure, lost=care.lost, alone=care.alone)
    own = _with_outputs(run, frame, [task.key for task in tasks])
    return Work(
        own,
        lease,
        batch.stage,
        tasks,
        _stored(batch),
        reusing.answers_for(run, own, tasks),
        lost=care.lost,
        alone=care.alone,
    )


def _tasks(example_ids: Sequence[str]) -> tuple[Task, ...]:
    with connection.cursor() as cursor:
        cursor.execute(TASKS, {"ids": list(example_ids), "organization": current().organization_id})
        return tuple(
            Task(str(identifier), key, cohort, json.loads(content)) for identifier, key, cohort, content in cursor
        )


def _stored(batch: Batch) -> frozenset[Key]:
    """Of a batch that nobody held before nothing can be stored, and nothing is asked."""
    if batch.token == FIRST_TOKEN:
        return frozenset()
    keys = Generation.objects.filter(run_id=batch.run_id, example_id__in=batch.example_ids)
    return frozenset((str(example), role, repeat) for example, role, repeat in keys.values_list(*reusing.KEY))


def _with_outputs(run: EvalRun, frame: Frame, keys: list[str]) -> Frame:
    """The frame with what recorded arms answered to these examples."""
    versions = {TEACHER: run.teacher, STUDENT: run.student}
    if not any(version.is_recorded for version in versions.values()):
        return frame
    arms = tuple(
        replace(arm, recorded=_recorded(versions[arm.role], keys)) if versions[arm.role].is_recorded else arm
        for arm in frame.arms
    )
    return replace(frame, arms=arms)


def _judging(run: EvalRun, frame: Frame, tasks: Sequence[Task]) -> tuple[ToJudge, ...]:
    """Stored answers with the judges that have not spoken about them."""
    by_id = {task.example_id: task for task in tasks}
    rows = (
        Generation.objects.filter(run=run, example_id__in=by_id)
        .defer("logprobs")
        .order_by("example__key", "role", "repeat")
    )
    stored = Score.objects.filter(generation__run=run, generation__example_id__in=by_id)
    scored = set(stored.values_list("generation_id", "evaluator"))
    fields = _fields(run, [task.key for task in tasks])
    judged = []
    for row in rows:
        task = by_id[str(row.example_id)]
        entries = tuple(
            entry
            for entry in frame.entries
            if entry.judge is not None and entry.scores(task.cohort) and (row.id, entry.name) not in scored
        )
        if entries:
            judged.append(
                ToJudge(row.id, task, row.role, row.repeat, row.output, fields.get((row.role, task.key), {}), entries)
            )
    return tuple(judged)


def _measuring(run: EvalRun, frame: Frame, tasks: Sequence[Task]) -> tuple[ToMeasure, ...]:
    """First answers of the teacher that were not measured yet. What its own tokens do not tell is not asked for."""
    by_id = {task.example_id: task for task in tasks}
    rows = Generation.objects.filter(run=run, role=TEACHER, repeat=0, example_id__in=by_id, likelihoods=None)
    found = []
    for row in rows.order_by("example__key"):
        usage = _usage(row.input_tokens, row.output_tokens, is_estimated=row.usage_estimated)
        teacher = teacher_likelihood(row.logprobs, row.output, finish=row.finish_reason, usage=usage)
        task = by_id[str(row.example_id)]
        found.append(ToMeasure(row.id, task, row.output or "", teacher.reason or "", teacher_nats=teacher.nats))
    return reusing.measured_earlier(run, frame, found)


def _fields(run: EvalRun, keys: list[str]) -> dict[tuple[str, str], Mapping[str, object]]:
    """What recorded outputs brought along, by role and example key."""
    return {
        (role, key): row.fields
        for role, version in ((TEACHER, run.teacher), (STUDENT, run.student))
        if version.is_recorded
        for key, row in registry.recorded_outputs(version, keys).items()
    }


def _arm(role: str, version: ModelVersion, frozen_price: Mapping[str, str] | None) -> Arm:
    return Arm(
        role=role,
        address=_address(version),
        model=version.remote_name or version.model.slug,
        parameters=version.parameters,
        price=_price(frozen_price),
    )


def entry_of(entry: Mapping[str, object], prices: Mapping[str, Any]) -> Entry:
    """A frozen entry of a suite, its judge with the price that the run froze."""
    judge_id = entry["judge_version_id"]
    return Entry(
        name=str(entry["name"]),
        kind=str(entry["kind"]),
        settings=entry["settings"],  # type: ignore[arg-type]
        cohorts=frozenset(entry["cohorts"]),  # type: ignore[call-overload]
        judge=_judge(UUID(str(judge_id)), prices[f"judge:{entry['name']}"]) if judge_id else None,
    )


def _judge(identifier: UUID, frozen_price: Mapping[str, str] | None) -> Arm:
    version = ModelVersion.objects.select_related("model", "endpoint__provider").get(pk=identifier)
    return _arm("judge", version, frozen_price)


def _address(version: ModelVersion) -> Address | None:
    return None if version.is_recorded else registry.address(version.endpoint)


def _price(frozen: Mapping[str, str] | None) -> price.PriceCard | None:
    if frozen is None:
        return None
    return price.PriceCard(**{name: None if value is None else Decimal(value) for name, value in frozen.items()})


def _recorded(version: ModelVersion, keys: list[str]) -> dict[str, Recorded]:
    return {
        key: Recorded(row.output, _usage(row.input_tokens, row.output_tokens), row.latency_ms, row.fields)
        for key, row in registry.recorded_outputs(version, keys).items()
    }


def _usage(input_tokens: int | None, output_tokens: int | None, *, is_estimated: bool = False) -> chat.Usage | None:
    if input_tokens is None or output_tokens is None:
        return None
    return chat.Usage(input_tokens=input_tokens, output_tokens=output_tokens, estimated=is_estimated)
