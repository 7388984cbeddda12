"""Turn what is left to ask a run's judges into plain values that need no database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.datasets.models import Example
from apps.evals.execute.judge import ASKS
from apps.evals.execute.work import Entry
from apps.evals.loading import entry_of
from apps.evals.models import EvalRun, Generation
from apps.evaluators.models import AnchorSet
from apps.inference.client import body_of
from apps.inference.providers import catalogue as dialects
from apps.kernel import budget, chat
from apps.kernel.evaluators import catalogue
from apps.kernel.evaluators.contract import Case
from apps.kernel.evaluators.planted import CASES, planted_answer
from apps.labels import checks
from apps.labels.execute import ANCHOR, Asked

AT_ONCE = 40
"""Few enough that a task ends well inside its lease."""
SOME_TAG = "0" * 16
"""As long as the tag of a real asking, to spell how long the request will be."""


def left_to_ask(run_id: UUID) -> list[Asked]:
    """The next answers that a judge is to be checked by, at most 40; empty when every judge was asked about its own."""
    run = EvalRun.objects.select_related("suite_version").get(pk=run_id)
    left = checks.left(run)
    asked: list[Asked] = []
    for entry in run.suite_version.entries:
        one = left.get(entry["name"])
        if one is None or len(asked) >= AT_ONCE:
            continue
        loaded = entry_of(entry, run.plan["prices"])
        asked.extend(_planted(run, loaded, one.planted[: AT_ONCE - len(asked)]))
        if one.anchor_set is not None:
            asked.extend(_anchors(loaded, one.anchor_set, one.anchors[: AT_ONCE - len(asked)]))
    return [replace(one, worst_usd=_worst(one)) for one in asked]


def _planted(run: EvalRun, entry: Entry, places: tuple[tuple[int, int], ...]) -> list[Asked]:
    if not places:
        return []
    examples = _examples(run, entry, 1 + max(place for place, _ in places) // len(CASES))
    if not examples and entry.judge is not None:
        # Nothing to ask about: the verdicts are missing as they would be if nobody answered.
        entry = replace(entry, judge=replace(entry.judge, address=None))
    found = []
    for place, asking in places:
        # One example carries every case in turn, then the next one does.
        example = examples[place // len(CASES) % len(examples)] if examples else {}
        answer = planted_answer(place, example)
        found.append(Asked(entry, place, answer.case, answer.output, example, asking=asking))
    return found


def _anchors(entry: Entry, current: AnchorSet, places: tuple[int, ...]) -> list[Asked]:
    """Stored answers as they stand. One whose text is gone has None for an output, and is not asked about."""
    ids = {place: UUID(current.members[place][0]) for place in places}
    rows = Generation.objects.filter(pk__in=ids.values()).select_related("example").defer("logprobs")
    stored = {row.pk: row for row in rows}
    found = []
    for place, identifier in ids.items():
        row = stored.get(identifier)
        output, example = (None, {}) if row is None else (row.output, row.example.content)
        found.append(Asked(entry, place, ANCHOR, output, example, anchor_set_id=current.pk))
    return found


def _worst(asked: Asked) -> Decimal | None:
    """What asking costs at the most, its second try with an unreadable verdict counted in; None without a price."""
    judge = asked.entry.judge
    if judge is None or judge.address is None or asked.output is None:
        return None
    evaluator = catalogue.get(asked.entry.kind)
    messages = evaluator.ask(Case(asked.example, asked.output, {}), asked.entry.settings, tag=SOME_TAG)
    worst = budget.worst_case(
        judge.price,
        request_bytes=len(body_of(judge.address, chat.ChatRequest(judge.model, messages, judge.parameters))),
        parameters=judge.parameters,
        limits=dialects.get(judge.address.dialect).limits,
    )
    return None if worst is None else ASKS * worst


def _examples(run: EvalRun, entry: Entry, wanted: int) -> list[Mapping[str, object]]:
    """Examples that the evaluator can be asked about, in an order of the run's own."""
    rows = Example.objects.filter(pk__in=Generation.objects.filter(run=run).values("example_id"))
    if entry.cohorts:
        rows = rows.filter(cohort__name__in=entry.cohorts)
    ids = sorted(rows.values_list("id", flat=True), key=lambda one: hashlib.sha256(f"{run.id}{one}".encode()).digest())
    found: list[Mapping[str, object]] = []
    evaluator = catalogue.get(entry.kind)
    for start in range(0, len(ids), wanted):
        contents: dict[Any, Any] = dict(
            Example.objects.filter(pk__in=ids[start : start + wanted]).values_list("id", "content")
        )
        for content in (contents[identifier] for identifier in ids[start : start + wanted]):
            if evaluator.before_asking(Case(content, "an answer", {}), entry.settings) is None:
                found.append(content)
        if len(found) >= wanted:
            break
    return found[:wanted]
