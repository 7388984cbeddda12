"""Scorecards as rows of a list: what each found, and what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from apps.console import figures
from apps.console.scorecard_tiles import GLOBAL, place_of, worst_cell
from apps.console.verdict_panel import tally
from apps.decisions import queries as decisions
from apps.gates import queries as gates
from apps.scorecards import queries as scorecards

if TYPE_CHECKING:
    from apps.decisions.models import Decision
    from apps.projects.models import Project
    from apps.scorecards.models import Scorecard


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision on a scorecard. ``counts`` is False while an override waits for its second person."""

    number: int
    kind: str
    counts: bool


@dataclass(frozen=True, slots=True)
class CardRow:
    """One scorecard; every figure is already a word. ``verdict`` is None when no gate was asked."""

    number: int
    student: str
    teacher: str
    dataset: str
    verdict: str | None
    tally: str
    worst: str
    interval: str
    n: str
    worst_place: str
    cost_ratio: str
    decision: Decided | None
    created_at: datetime
    superseded_by: int | None = None


def rows_of(project: Project, cards: Sequence[Scorecard]) -> list[CardRow]:
    """In the order given. Two queries beside the cards', whatever their number, where each has a verdict."""
    verdicts = gates.latest_of(cards)
    made = decisions.of_cards(project, [card.pk for card in cards])
    return [
        _row(card, gates.report_of(card, verdicts.get(card.pk)), [decided(d) for d in made.get(card.pk, [])])
        for card in cards
    ]


def decided(decision: Decision) -> Decided:
    return Decided(decision.number, decision.kind, decisions.counts(decision))


def _row(card: Scorecard, report: dict[str, Any], made: Sequence[Decided]) -> CardRow:
    worst = worst_cell(report)
    total = next(cohort for cohort in report["cohorts"] if cohort["cohort"] == GLOBAL)
    run = card.run
    return CardRow(
        number=card.number,
        student=str(run.student),
        teacher=str(run.teacher),
        dataset=str(run.dataset_version),
        verdict=report["verdict"],
        tally=tally([finding["verdict"] for finding in report["findings"]], noun="check"),
        worst="" if worst is None else figures.signed(worst["delta_pp"]),
        interval="" if worst is None else figures.interval(worst["interval_pp"]),
        n="" if worst is None else figures.count(worst["n"]),
        worst_place="" if worst is None else place_of(worst),
        cost_ratio="" if total["cost_ratio"] is None else figures.ratio(total["cost_ratio"]),
        decision=made[0] if made else None,
        created_at=card.created_at,
        superseded_by=scorecards.successor(card),
    )
