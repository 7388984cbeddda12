"""A cell whose rows belong to clusters, as the cluster estimator takes it (statistics.md §4.2, cluster form)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from apps.kernel.scorecard import Cell, PairedStratum
from apps.kernel.statistics.clustered import FEWEST_CLUSTERS, FEWEST_IN_STRATUM, ClusteredStratum

Pretend = Literal["dropped", "losses", "wins"]

THIN_CLUSTERS = 20
"""Below this many clusters the interval is printed with a warning."""


def has_few_clusters(cell: Cell) -> bool:
    """Whether the cell has clusters, and too few of them to see how they differ: no figure of it can be judged."""
    clusters = cell.clusters
    if clusters is None or not cell.n:
        return False
    return clusters.count < FEWEST_CLUSTERS or any(
        stratum.clusters is not None and 0 < stratum.clusters.count < FEWEST_IN_STRATUM for stratum in cell.strata
    )


def strata_of(
    cell: Cell, *, loss_allowed: float, pretend: Pretend = "dropped", unseen: int = 0
) -> list[ClusteredStratum]:
    """The strata with each cluster's rows and its sum of student − (1 − ``loss_allowed``) × teacher.

    ``pretend`` counts missing pairs in their own clusters, as losses or as wins. ``unseen`` one-sided examples, whose
    cluster nobody knows, are put together into one more cluster where they weigh most, which is the worst case.
    """
    names = sorted({entry[0] for stratum in cell.strata for entry in _entries(stratum)})
    labels = {name: place for place, name in enumerate(names)}
    filled = {"dropped": 0.0, "losses": -1.0, "wins": 1.0}[pretend]
    heaviest = max(range(len(cell.strata)), key=lambda i: cell.strata[i].weight / max(1, cell.strata[i].pairs.n))
    found = []
    for number, stratum in enumerate(cell.strata):
        lines = []
        for name, n, teacher, student, missing in _entries(stratum):
            counted = n + (missing if filled else 0)
            if counted:
                contrast = round(student - (1 - loss_allowed) * teacher, 9)
                lines.append((labels[name], float(counted), contrast + filled * missing))
        if filled and unseen and number == heaviest:
            lines.append((len(labels), float(unseen), filled * unseen))
        columns = np.array(lines, dtype=np.float64).reshape(len(lines), 3).T
        found.append(ClusteredStratum(stratum.weight, columns[0].astype(np.int64), columns[1], columns[2]))
    return found


def _entries(stratum: PairedStratum) -> tuple[tuple[str, int, float, float, int], ...]:
    return () if stratum.clusters is None else stratum.clusters.entries
