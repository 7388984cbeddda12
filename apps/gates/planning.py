"""What a policy asks of a dataset's rows, and what it would have said of the newest scorecards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion
from apps.gates import queries
from apps.kernel import collecting, gate, planner
from apps.kernel.policy import Policy
from apps.kernel.scorecard import Cell
from apps.kernel.scorecard import Scorecard as Card
from apps.projects.models import Project
from apps.scorecards import queries as scorecards
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission

REPLAYED = 20


@dataclass(frozen=True, slots=True)
class Plans:
    """A plan for all rows and one a cohort; ``pilot`` is the scorecard that disagreement, price and time are from.

    ``traffic`` is each cohort's share of it, 0 to 1.
    """

    plans: tuple[planner.Plan, ...]
    pilot: Scorecard | None
    rows_missing: int
    traffic: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Replay:
    """One sealed scorecard: what its gate said then, and what the policy at hand says of it."""

    scorecard: Scorecard
    then: str | None
    now: str


def plan_for(version: DatasetVersion, policy: Policy) -> Plans:
    """Plan the rows of a dataset version under a policy, with the newest scorecard over the dataset as its pilot."""
    require(Permission.VIEW)
    cohorts = list(datasets.cohorts(version))
    sizes = [planner.CohortSize(row.name, row.example_count, row.is_high_value) for row in cohorts]
    pilot = scorecards.newest_over(version.dataset)
    if pilot is None:
        plans = planner.plan(sizes, policy)
    else:
        card = scorecards.value(pilot)
        plans = planner.plan(sizes, policy, pilot=_pilots(card), price=collecting.price_of(card))
    return Plans(plans, pilot, planner.total_missing(plans), {row.name: row.traffic_weight for row in cohorts})


def high_value_rows(version: DatasetVersion, policy: Policy) -> dict[str, int]:
    """The rows that each high-value cohort needs under a policy, by its name, for over-sampling it."""
    plans = plan_for(version, policy).plans
    return {one.cohort: one.rows_needed for one in plans if one.high_value and one.rows_needed is not None}


def replay(project: Project, policy: Policy) -> list[Replay]:
    """Ask a policy, saved or not, about the newest scorecards of a project that stand. Nothing is kept.

    The cards are judged as on the day they were sealed: how old they are, and what has changed since, is left aside.
    """
    require(Permission.VIEW)
    rows = list(scorecards.present(project)[:REPLAYED])
    then = queries.latest_of(rows)
    return [
        Replay(
            scorecard=row,
            then=then[row.id].verdict if row.id in then else None,
            now=gate.decide(scorecards.value(row), policy).verdict,
        )
        for row in rows
    ]


def _pilots(card: Card) -> dict[str, planner.Pilot]:
    """By cohort, the primary evaluator whose models disagree most: it is the one that needs the most rows."""
    found = {}
    for name in (planner.GLOBAL, *(cohort.name for cohort in card.cohorts)):
        cells = [card.cell(name, evaluator.name) for evaluator in card.evaluators if evaluator.primary]
        counted = [cell for cell in cells if cell is not None and cell.binary and cell.n]
        if counted:
            worst = max(counted, key=_discordance)
            found[name] = planner.Pilot(rows=worst.n, losses=worst.losses, wins=worst.wins)
    return found


def _discordance(cell: Cell) -> float:
    return (cell.losses + cell.wins) / cell.n
