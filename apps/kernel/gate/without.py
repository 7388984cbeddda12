"""A card as it would be without some of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from apps.kernel.gate.circumstances import Taken
from apps.kernel.scorecard import Cell, Pairs, Scorecard


def without(card: Scorecard, taken: Sequence[Taken]) -> Scorecard | None:
    """The card less these scored pairs, for judging scores only; None when the card does not hold them.

    Rows with a missing score stay counted as missing, costs and latencies stay as they are, declared weights too.
    """
    wanted = {(one.cohort, one.evaluator): one for one in taken}
    cells = []
    for cell in card.cells:
        one = wanted.pop((cell.cohort, cell.evaluator), None)
        less = cell if one is None else _less(cell, one)
        if less is None:
            return None
        cells.append(less)
    return None if wanted else replace(card, cells=tuple(cells))


def _less(cell: Cell, taken: Taken) -> Cell | None:
    if len(cell.strata) != 1:
        return None
    [stratum] = cell.strata
    counts = Counter({(teacher, student): count for teacher, student, count in stratum.pairs.triples})
    counts.subtract({(teacher, student): count for teacher, student, count in taken.pairs})
    if any(count < 0 for count in counts.values()):
        return None
    left = tuple((teacher, student, count) for (teacher, student), count in sorted(counts.items()) if count)
    return replace(cell, strata=(replace(stratum, pairs=Pairs(left)),))
