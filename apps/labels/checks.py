"""Checking a run's judges before its card is sealed: what is left to ask them, and what they said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.evals.models import EvalRun
from apps.evaluators import queries as evaluators
from apps.evaluators.models import AnchorSet
from apps.kernel.evaluators import anchors, catalogue, planted
from apps.kernel.scorecard import Anchors, Planted
from apps.labels.models import AnchorVerdict, PlantedVerdict

Verdicts = dict[int, list[float | None]]


@dataclass(frozen=True, slots=True)
class Left:
    """What one judge is still to be asked: (place, asking) of planted answers, and places of its set of anchors."""

    planted: tuple[tuple[int, int], ...]
    anchors: tuple[int, ...]
    anchor_set: AnchorSet | None


def left(run: EvalRun) -> dict[str, Left]:
    """By judge evaluator; empty when every judge was asked about all of its own."""
    said = _planted_verdicts(run)
    asked: dict[str, set[int]] = defaultdict(set)
    for name, place in AnchorVerdict.objects.filter(run=run).values_list("evaluator", "place"):
        asked[name].add(place)
    wanted = planted.how_many(2 * run.example_count * run.repeats)
    found = {}
    for entry in judges(run):
        name, current = entry["name"], set_of(run, entry)
        places = range(0 if current is None else current.size)
        one = Left(
            tuple(_plantings(said[name], wanted)),
            tuple(place for place in places if place not in asked[name]),
            current,
        )
        if one.planted or one.anchors:
            found[name] = one
    return found


def judges(run: EvalRun) -> Iterator[Mapping[str, Any]]:
    """The entries of a run's suite that ask a judge."""
    for entry in run.suite_version.entries:
        if entry["judge_version_id"] and catalogue.is_judge(entry["kind"]):
            yield entry


def set_of(run: EvalRun, entry: Mapping[str, Any]) -> AnchorSet | None:
    """The anchors that a run's judge is asked again: those current when the run was started, so that all agree."""
    return evaluators.anchors_of(run.project_id, anchors.judge_digest(entry), before=run.created_at)


def planted_of(run: EvalRun) -> dict[str, Planted]:
    """The tally of planted answers by evaluator; evaluators that were never asked are absent.

    ``missing`` counts answers without a first verdict; an order that got marks at first counts by all its askings.
    """
    rows = PlantedVerdict.objects.filter(run=run, asking=0).values_list("evaluator", "place", "case")
    cases = {(name, place): case for name, place, case in rows}
    found = {}
    for name, places in sorted(_planted_verdicts(run).items()):
        codes = (planted.case_of(cases[name, place], values) for place, values in places.items())
        wrong = Counter(code for code in codes if code is not None)
        missing = sum(values[0] is None for values in places.values())
        found[name] = Planted(len(places), missing, dict(wrong))
    return found


def anchors_of(run: EvalRun) -> dict[str, Anchors]:
    """What judges said of their anchors by evaluator; those without any, or not asked, are absent."""
    said: dict[str, dict[int, tuple[float | None, str]]] = defaultdict(dict)
    told: dict[str, set[str]] = defaultdict(set)
    rows = AnchorVerdict.objects.filter(run=run).values_list("evaluator", "place", "value", "reason", "told")
    for name, place, value, reason, named in rows:
        said[name][place] = value, reason
        told[name] |= {named} - {""}
    found = {}
    for entry in judges(run) if said else ():
        name, current = entry["name"], set_of(run, entry)
        if current is None or not said[name]:
            continue
        found[name] = Anchors.counted(
            ((then, *said[name].get(place, (None, "not_scored"))) for place, (_, then) in enumerate(current.members)),
            set=current.digest, revision=current.revision, judge=current.judge_digest,
            drawn_on=current.created_at.date().isoformat(), told_then=current.told, told_now=told[name],
        )  # fmt: skip
    return found


def told_by(run: EvalRun, evaluator: str) -> list[str]:
    """The names that a judge's provider answered under while it was checked in this run; empty where it told none."""
    rows = (model.objects.filter(run=run, evaluator=evaluator) for model in (PlantedVerdict, AnchorVerdict))
    return sorted({named for found in rows for named in found.values_list("told", flat=True).distinct() if named})


def _planted_verdicts(run: EvalRun) -> dict[str, Verdicts]:
    """By evaluator and place, the verdicts in the order of asking."""
    found: dict[str, Verdicts] = defaultdict(lambda: defaultdict(list))
    rows = PlantedVerdict.objects.filter(run=run).order_by("evaluator", "place", "asking")
    for name, place, value in rows.values_list("evaluator", "place", "value"):
        found[name][place].append(value)
    return found


def _plantings(said: Verdicts, wanted: int) -> Iterator[tuple[int, int]]:
    """Every place once; then once more those whose order got marks, as long as it goes on to."""
    for place in range(wanted):
        if place not in said:
            yield place, 0
    for place, values in sorted(said.items()):
        # Where there is no question to repeat a colon stands in, never an order: its case follows from its place.
        if planted.is_asked_again(planted.CASES[place % len(planted.CASES)], values):
            yield place, len(values)
