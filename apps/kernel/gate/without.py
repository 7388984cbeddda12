"""A card as it would be without some of its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from apps.kernel.gate.circumstances import Taken
from apps.kernel.scorecard import Cell, Pairs, Scorecard
from apps.kernel.scorecard.clusters import Clusters, Entry
from apps.kernel.scorecard.pairs import SCORE_DIGITS


def without(card: Scorecard, taken: Sequence[Taken]) -> Scorecard | None:
    """The card less these scored pairs, for judging scores only; None when the card does not hold them.

    Rows with a missing score stay counted as missing; costs, latencies and declared weights stay as they are. Nobody
    knows which labelled rows are among those taken, so the labels of an evaluator that loses pairs are left out.
    """
    wanted = {(one.cohort, one.evaluator): one for one in taken}
    cells = []
    for cell in card.cells:
        one = wanted.pop((cell.cohort, cell.evaluator), None)
        less = cell if one is None else _less(cell, one)
        if less is None:
            return None
        cells.append(less)
    touched = {one.evaluator for one in taken}
    judges = tuple(judge for judge in card.judges if judge.evaluator not in touched)
    return None if wanted else replace(card, cells=tuple(cells), judges=judges)


def _less(cell: Cell, taken: Taken) -> Cell | None:
    if len(cell.strata) != 1:
        return None
    [stratum] = cell.strata
    counts = Counter({(teacher, student): count for teacher, student, count in stratum.pairs.triples})
    counts.subtract({(teacher, student): count for teacher, student, count in taken.pairs})
    if any(count < 0 for count in counts.values()):
        return None
    left = tuple((teacher, student, count) for (teacher, student), count in sorted(counts.items()) if count)
    clusters = stratum.clusters
    if clusters is not None or taken.clusters:
        clusters = _fewer(clusters or Clusters(()), taken.clusters)
        if clusters is None or sum(n for _, n, *_ in taken.clusters) != sum(count for *_, count in taken.pairs):
            return None
    return replace(cell, strata=(replace(stratum, pairs=Pairs(left), clusters=clusters),))


def _fewer(clusters: Clusters, taken: Sequence[Entry]) -> Clusters | None:
    """The clusters less the complete pairs taken from them, None when they do not hold them."""
    less = {name: (n, teacher, student) for name, n, teacher, student, _ in taken}
    entries = []
    for name, n, teacher, student, missing in clusters.entries:
        took, lost_teacher, lost_student = less.pop(name, (0, 0.0, 0.0))
        if took > n:
            return None
        sums = round(teacher - lost_teacher, SCORE_DIGITS) + 0.0, round(student - lost_student, SCORE_DIGITS) + 0.0
        if n - took or missing:
            entries.append((name, n - took, *sums, missing))
    return None if less else Clusters(tuple(entries))
