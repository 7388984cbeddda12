"""Turn what is left to plant in a run into plain values that need no database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.datasets.models import Example
from apps.evals.models import EvalRun, Generation
from apps.inference.client import Address
from apps.kernel import price
from apps.kernel.evaluators import catalogue
from apps.kernel.evaluators.contract import Case
from apps.kernel.evaluators.planted import CASES, planted_answer
from apps.labels import queries
from apps.labels.execute import Asked
from apps.registry import queries as registry
from apps.registry.models import ModelVersion
from apps.tenancy import secrets

AT_ONCE = 40
"""Few enough that a task ends well inside its lease."""


def left_to_ask(run_id: UUID) -> list[Asked]:
    """The next planted answers without a verdict, at most 40; empty when every judge was asked about all of its own."""
    run = EvalRun.objects.select_related("suite_version").get(pk=run_id)
    left = queries.planted_places_left(run)
    asked: list[Asked] = []
    for entry in run.suite_version.entries:
        places = left.get(entry["name"], [])[: AT_ONCE - len(asked)]
        if places:
            asked.extend(_asked(run, entry, places))
    return asked


def _asked(run: EvalRun, entry: Mapping[str, Any], places: list[int]) -> list[Asked]:
    version = ModelVersion.objects.select_related("model", "endpoint").get(pk=UUID(str(entry["judge_version_id"])))
    examples = _examples(run, entry, 1 + places[-1] // len(CASES))
    address, card = _address(version), _price(run.plan["prices"].get(f"judge:{entry['name']}"))
    found = []
    for place in places:
        # One example carries every case in turn, then the next one does.
        example = examples[place // len(CASES) % len(examples)] if examples else {}
        answer = planted_answer(place, example)
        found.append(
            Asked(
                evaluator=entry["name"],
                kind=entry["kind"],
                settings=entry["settings"],
                place=place,
                case=answer.case,
                output=answer.output,
                example=example,
                address=address if examples else None,
                model=version.remote_name or version.model.slug,
                parameters=version.parameters,
                price=card,
            )
        )
    return found


def _examples(run: EvalRun, entry: Mapping[str, Any], wanted: int) -> list[Mapping[str, object]]:
    """Examples that the evaluator can be asked about, in an order of the run's own."""
    rows = Example.objects.filter(pk__in=Generation.objects.filter(run=run).values("example_id"))
    if entry["cohorts"]:
        rows = rows.filter(cohort__name__in=entry["cohorts"])
    ids = sorted(rows.values_list("id", flat=True), key=lambda one: hashlib.sha256(f"{run.id}{one}".encode()).digest())
    found: list[Mapping[str, object]] = []
    evaluator = catalogue.get(entry["kind"])
    for identifier in ids:
        content = Example.objects.get(pk=identifier).content
        if evaluator.before_asking(Case(content, "an answer", {}), entry["settings"]) is None:
            found.append(content)
        if len(found) == wanted:
            break
    return found


def _address(version: ModelVersion) -> Address | None:
    if version.is_recorded:
        return None
    endpoint = version.endpoint
    credential = None
    if endpoint.credential:
        credential = secrets.unseal(endpoint.credential, bound_to=registry.binding(endpoint))
    return Address(base_url=endpoint.base_url, credential=credential, concurrency=endpoint.concurrency)


def _price(frozen: Mapping[str, str] | None) -> price.PriceCard | None:
    if frozen is None:
        return None
    return price.PriceCard(**{name: None if value is None else Decimal(value) for name, value in frozen.items()})
