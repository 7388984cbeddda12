"""Turn a leased batch and its frozen run into plain values that need no database."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.datasets.models import Example
from apps.evals import store
from apps.evals.execute import Arm, Entry, Recorded, Task, Work
from apps.evals.models import STUDENT, TEACHER, Batch, EvalRun
from apps.inference.client import Address
from apps.kernel import chat, price
from apps.registry import queries as registry
from apps.registry.models import ModelVersion


def work_of(batch: Batch) -> Work:
    run = EvalRun.objects.select_related("teacher__model", "student__model", "suite_version").get(pk=batch.run_id)
    examples = list(Example.objects.filter(pk__in=batch.example_ids).select_related("cohort").order_by("key"))
    keys = [example.key for example in examples]
    return Work(
        run_id=str(run.id),
        batch_id=str(batch.id),
        token=batch.token,
        tasks=tuple(Task(str(row.id), row.key, row.cohort.name, row.content) for row in examples),
        arms=tuple(
            _arm(role, version, run.plan["prices"][role], keys)
            for role, version in ((TEACHER, run.teacher), (STUDENT, run.student))
        ),
        entries=tuple(_entry(entry, run.plan["prices"]) for entry in run.suite_version.entries),
        deadline_s=settings.EVAL_CALL_DEADLINE_SECONDS,
        is_given_up=store.is_given_up(batch),
    )


def _arm(role: str, version: ModelVersion, frozen_price: Mapping[str, str] | None, keys: list[str]) -> Arm:
    return Arm(
        role=role,
        address=_address(version),
        model=version.remote_name or version.model.slug,
        parameters=version.parameters,
        price=_price(frozen_price),
        recorded=_recorded(version, keys) if version.is_recorded else {},
    )


def _entry(entry: Mapping[str, object], prices: Mapping[str, Any]) -> Entry:
    judge_id = entry["judge_version_id"]
    return Entry(
        name=str(entry["name"]),
        kind=str(entry["kind"]),
        settings=entry["settings"],  # type: ignore[arg-type]
        cohorts=frozenset(entry["cohorts"]),  # type: ignore[call-overload]
        judge=_judge(UUID(str(judge_id)), prices[f"judge:{entry['name']}"]) if judge_id else None,
    )


def _judge(identifier: UUID, frozen_price: Mapping[str, str] | None) -> Arm:
    version = ModelVersion.objects.select_related("model", "endpoint").get(pk=identifier)
    return _arm("judge", version, frozen_price, [])


def _address(version: ModelVersion) -> Address | None:
    if version.is_recorded:
        return None
    return registry.address(version.endpoint)


def _price(frozen: Mapping[str, str] | None) -> price.PriceCard | None:
    if frozen is None:
        return None
    return price.PriceCard(**{name: None if value is None else Decimal(value) for name, value in frozen.items()})


def _recorded(version: ModelVersion, keys: list[str]) -> dict[str, Recorded]:
    return {
        key: Recorded(row.output, _usage(row.input_tokens, row.output_tokens), row.latency_ms, row.fields)
        for key, row in registry.recorded_outputs(version, keys).items()
    }


def _usage(input_tokens: int | None, output_tokens: int | None) -> chat.Usage | None:
    if input_tokens is None or output_tokens is None:
        return None
    return chat.Usage(input_tokens=input_tokens, output_tokens=output_tokens, estimated=False)
