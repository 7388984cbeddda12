"""Turn what is left to plant in a run into plain values that need no database."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.datasets.models import Example
from apps.evals.execute.work import Entry
from apps.evals.loading import entry_of
from apps.evals.models import EvalRun, Generation
from apps.kernel.evaluators import catalogue
from apps.kernel.evaluators.contract import Case
from apps.kernel.evaluators.planted import CASES, planted_answer
from apps.labels import queries
from apps.labels.execute import Asked

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


def _asked(run: EvalRun, frozen: Mapping[str, Any], places: list[int]) -> list[Asked]:
    entry = entry_of(frozen, run.plan["prices"])
    examples = _examples(run, entry, 1 + places[-1] // len(CASES))
    if not examples and entry.judge is not None:
        # Nothing to ask about: the verdicts are missing as they would be if nobody answered.
        entry = replace(entry, judge=replace(entry.judge, address=None))
    found = []
    for place in places:
        # One example carries every case in turn, then the next one does.
        example = examples[place // len(CASES) % len(examples)] if examples else {}
        answer = planted_answer(place, example)
        found.append(Asked(entry, place, answer.case, answer.output, example))
    return found


def _examples(run: EvalRun, entry: Entry, wanted: int) -> list[Mapping[str, object]]:
    """Examples that the evaluator can be asked about, in an order of the run's own."""
    rows = Example.objects.filter(pk__in=Generation.objects.filter(run=run).values("example_id"))
    if entry.cohorts:
        rows = rows.filter(cohort__name__in=entry.cohorts)
    ids = sorted(rows.values_list("id", flat=True), key=lambda one: hashlib.sha256(f"{run.id}{one}".encode()).digest())
    found: list[Mapping[str, object]] = []
    evaluator = catalogue.get(entry.kind)
    for start in range(0, len(ids), wanted):
        contents = dict(Example.objects.filter(pk__in=ids[start : start + wanted]).values_list("id", "content"))
        for content in (contents[identifier] for identifier in ids[start : start + wanted]):
            if evaluator.before_asking(Case(content, "an answer", {}), entry.settings) is None:
                found.append(content)
        if len(found) >= wanted:
            break
    return found[:wanted]
