"""In which order a reader may look at cohorts: by their loss, without small cohorts on top for being small (F17).

For display alone. No verdict, remark or sealed document reads it; a contract keeps the gate from importing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.kernel.gate import grouped, measure
from apps.kernel.scorecard import Cell, Scorecard
from apps.kernel.statistics.shrinkage import shrink


@dataclass(frozen=True, slots=True)
class Placed:
    """A cohort's difference of one evaluator, drawn towards all cohorts': −1 to 1, ± its standard error.

    ``weight``: how much of the observed difference is left in it, 0 to 1.
    """

    cohort: str
    evaluator: str
    delta: float
    spread: float
    weight: float


def places(card: Scorecard) -> tuple[Placed, ...]:
    """One entry a cohort and evaluator with a complete pair, the greatest loss first; of equal ones by name.

    Cohorts are drawn together by evaluator. One with too few clusters to see how they differ has no entry.
    """
    found: list[Placed] = []
    for evaluator in card.evaluators:
        found += _placed([c for c in card.cells if c.evaluator == evaluator.name and _is_usable(c)])
    return tuple(sorted(found, key=lambda one: (one.delta, one.cohort, one.evaluator)))


def worst_places(card: Scorecard) -> dict[str, Placed]:
    """Each cohort's entry with the greatest shrunken loss, in that order; a cohort without a figure has none."""
    found: dict[str, Placed] = {}
    for one in places(card):
        found.setdefault(one.cohort, one)
    return found


def _is_usable(cell: Cell) -> bool:
    return cell.delta is not None and cell.n > 0 and not grouped.has_few_clusters(cell)


def _placed(cells: Sequence[Cell]) -> list[Placed]:
    if not cells:
        return []
    # The phantom rows keep a cohort without a differing row from being taken for certain.
    moments = [measure.moments_of(cell) for cell in cells]
    found = shrink([(one.delta, one.spread) for one in moments])
    return [
        Placed(cell.cohort, cell.evaluator, one.value, one.spread, one.weight)
        for cell, one in zip(cells, found.figures, strict=True)
    ]
