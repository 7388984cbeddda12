"""Whether a mix of categories has moved: the population stability index with a p-value (statistics.md §4.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from apps.kernel.statistics.interval import EvidenceUnusable

MOST_CELLS = 10
FEWEST_EXPECTED = 5.0
ALPHA = 0.01
SMALLEST_PSI = 0.1
POOLED = "*"
SLACK = 1e-6

Cell = tuple[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Drift:
    """``psi`` is 0 or more; ``p`` the chance of such an index, or a larger one, without any drift.

    ``expected_psi``: what equal mixes show on average with as many rows. ``cells``: the categories compared, in the
    order of their size, with ``"*"`` for those too small to stand alone. ``drifted`` when p < 0.01 and PSI > 0.1.
    ``n_before`` is None where the first mix was declared, not counted.
    """

    psi: float
    p: float
    expected_psi: float
    cells: tuple[str, ...]
    n_before: int | None
    n_after: int
    drifted: bool


def population_stability(before: Mapping[str, int], after: Mapping[str, int]) -> Drift:
    """PSI = Σ(p − q)·ln(p/q) of two counts by category, ½ added to each cell.

    Without drift PSI·nm/(n + m) is χ² with cells − 1 degrees of freedom, so a fixed limit alone fires by chance where
    rows are few. Cells are pooled, smallest first, until at most 10 stand and each expects 5 rows on the smaller side.
    Raises EvidenceUnusable: ``no_rows`` for an empty side, ``counts_do_not_fit`` for a negative count,
    ``cells_too_few`` when fewer than two cells stand.
    """
    _require_counts(before, after)
    n, m = sum(before.values()), sum(after.values())
    if n == 0 or m == 0:
        raise EvidenceUnusable("One side has no rows.", code="no_rows")
    return _judged(_pooled(before, after), n_before=n, n_after=m, effective=n * m / (n + m))


def stability_from_shares(shares: Mapping[str, float], after: Mapping[str, int]) -> Drift:
    """The same of a count against a declared mix, which is known and has no error of its own: PSI·m is χ².

    ``shares`` are 0 or more and sum to 1; they are smoothed and pooled as the m rows expected of them. Raises
    EvidenceUnusable as ``population_stability`` does, and ``weights``.
    """
    _require_counts(after)
    declared = list(shares.values())
    if not all(0 <= share <= 1 for share in declared) or not abs(sum(declared) - 1) <= SLACK:
        raise EvidenceUnusable("Shares are 0 or more and sum to 1.", code="weights")
    m = sum(after.values())
    if m == 0:
        raise EvidenceUnusable("There are no rows.", code="no_rows")
    expected = {name: share * m for name, share in shares.items()}
    return _judged(_pooled(expected, after), n_before=None, n_after=m, effective=float(m))


def _judged(cells: list[Cell], *, n_before: int | None, n_after: int, effective: float) -> Drift:
    if len(cells) < 2:
        raise EvidenceUnusable("Fewer than two categories have enough rows to be compared.", code="cells_too_few")
    counts = np.array([pair for _, pair in cells], dtype=np.float64)
    shares = (counts + 0.5) / (counts + 0.5).sum(axis=0)
    psi = float(np.sum((shares[:, 0] - shares[:, 1]) * np.log(shares[:, 0] / shares[:, 1])))
    freedom = len(cells) - 1
    p = float(chdtrc(freedom, psi * effective))
    names = tuple(name for name, _ in cells)
    return Drift(psi, p, freedom / effective, names, n_before, n_after, p < ALPHA and psi > SMALLEST_PSI)


def _require_counts(*sides: Mapping[str, int]) -> None:
    if any(count < 0 or count != int(count) for side in sides for count in side.values()):
        raise EvidenceUnusable("A count is negative or not whole.", code="counts_do_not_fit")


def _pooled(before: Mapping[str, float], after: Mapping[str, float]) -> list[Cell]:
    """Cells by size, largest first; the rest together as ``POOLED``, which takes in cells until it is large enough.

    Only totals of both sides choose what is pooled: looking at the difference would spoil the p-value.
    """
    pairs = {name: (before.get(name, 0), after.get(name, 0)) for name in before.keys() | after.keys()}
    cells = sorted(
        ((name, pair) for name, pair in pairs.items() if sum(pair)), key=lambda cell: (-sum(cell[1]), cell[0])
    )
    n, m = sum(before.values()), sum(after.values())
    # Rows that a cell of this total leads one to expect on the smaller side.
    share = min(n, m) / (n + m)
    rest: list[tuple[float, float]] = []
    while cells and (
        len(cells) + bool(rest) > MOST_CELLS
        or sum(cells[-1][1]) * share < FEWEST_EXPECTED
        or (rest and sum(map(sum, rest)) * share < FEWEST_EXPECTED)
    ):
        rest.append(cells.pop()[1])
    if rest:
        cells.append((POOLED, (sum(pair[0] for pair in rest), sum(pair[1] for pair in rest))))
    return cells
