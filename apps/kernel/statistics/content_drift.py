"""Whether texts have moved, and how many are unlike any known one (statistics.md §4.9, F19 and novelty).

Kernel two-sample test: Gretton et al. 2012, JMLR 13, 723–773. Rows are permuted within their cohort only, because a
golden set holds more rows of some cohorts than traffic does on purpose: another mix is no other content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from apps.kernel.statistics.hashed_text import BINS, Sketch
from apps.kernel.statistics.interval import EvidenceUnusable
from apps.kernel.statistics.quantile import nearest_rank

MOST_ROWS = 500
FEWEST_ROWS = 50
PERMUTATIONS = 200
KNOWN_SHARE = 0.95
ROUNDING = 1e-12

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Places = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, order=True)
class TextRow:
    """One row's cohort and the sketch of its text."""

    cohort: str
    sketch: Sketch


@dataclass(frozen=True, slots=True)
class ContentDrift:
    """``mmd2``: the squared maximum mean discrepancy, cohort by cohort, weighted by live rows; 0 on average without

    drift. ``p``: the chance of one as large, or larger, if both sides drew their texts alike. ``before`` and ``after``
    rows were compared; ``left_out`` live rows are of cohorts with fewer than two rows on one side.
    """

    mmd2: float
    p: float
    before: int
    after: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Novelty:
    """``share`` of live rows (0 to 1) farther from their nearest golden row than ``limit``, which 95 % of golden rows

    keep to their own nearest one. Distances run from 0 to √2.
    """

    share: float
    limit: float
    rows: int


class Likeness:
    """The cosines of all pairs of golden and live rows, as TF-IDF vectors over both sides together.

    Sides are taken in a canonical order, so that the order of rows changes nothing. Up to 500 rows a side need about
    40 MB. Raises EvidenceUnusable ``rows_too_few`` under 50 rows on a side, ``rows_too_many`` over 500.
    """

    def __init__(self, golden: Sequence[TextRow], live: Sequence[TextRow]) -> None:
        for rows in (golden, live):
            if len(rows) < FEWEST_ROWS:
                raise EvidenceUnusable(
                    f"{len(rows)} rows with a text are too few; {FEWEST_ROWS} are needed.", code="rows_too_few"
                )
            if len(rows) > MOST_ROWS:
                raise EvidenceUnusable(f"At most {MOST_ROWS} rows a side are compared.", code="rows_too_many")
        self.golden, self.live = sorted(golden), sorted(live)
        rows = [*self.golden, *self.live]
        self.cohorts = np.array([row.cohort for row in rows])
        self.is_golden = np.arange(len(rows)) < len(golden)
        self.cosines: Floats = _cosines([row.sketch for row in rows])

    def drift(self, *, seed: int, permutations: int = PERMUTATIONS) -> ContentDrift:
        """MMD² with a Gaussian kernel of median width, by permutations within each cohort (seed: any integer ≥ 0).

        p = (1 + permutations at least as large) / (1 + permutations), so it is valid at any number of them.
        Raises EvidenceUnusable ``rows_too_few`` where cohorts in common leave under 50 rows on a side.
        """
        groups = [(group, golden) for group, golden in self._groups() if 2 <= golden <= len(group) - 2]
        before = sum(golden for _, golden in groups)
        after = sum(len(group) for group, _ in groups) - before
        if min(before, after) < FEWEST_ROWS:
            raise EvidenceUnusable(
                f"The cohorts that both sides have hold {before} golden and {after} live rows with a text; "
                f"{FEWEST_ROWS} of each are needed.",
                code="rows_too_few",
            )
        squares = np.maximum(0.0, 2.0 - 2.0 * self.cosines)
        width2 = _median_square(squares, np.concatenate([group for group, _ in groups]))
        dice = np.random.Generator(np.random.Philox(seed))
        found = np.zeros(permutations + 1)
        for group, golden in groups:
            kernel = np.exp(-squares[np.ix_(group, group)] / (2.0 * width2))
            sides = _sides(len(group), golden, permutations, dice)
            found += (len(group) - golden) / after * _discrepancies(kernel, sides, golden)
        reached = int(np.sum(found[1:] >= found[0] - ROUNDING))
        return ContentDrift(float(found[0]), (1 + reached) / (1 + permutations), before, after, len(self.live) - after)

    def novelty(self) -> Novelty:
        """The share of live rows that are like no golden row, as far as golden rows are like one another."""
        distances = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * self.cosines))
        among = distances[np.ix_(self.is_golden, self.is_golden)]
        np.fill_diagonal(among, np.inf)
        limit = nearest_rank(among.min(axis=1), KNOWN_SHARE)
        nearest = distances[np.ix_(~self.is_golden, self.is_golden)].min(axis=1)
        return Novelty(float(np.mean(nearest > limit + 1e-9)), limit, len(nearest))

    def _groups(self) -> list[tuple[Places, int]]:
        """Each cohort's rows, golden ones first, and how many of them are golden."""
        places = [np.flatnonzero(self.cohorts == name) for name in np.unique(self.cohorts)]
        return [(group, int(np.sum(self.is_golden[group]))) for group in places]


def _cosines(sketches: Sequence[Sketch]) -> Floats:
    """(1 + ln count) · (1 + ln((1 + rows)/(1 + rows with the bin))), rows scaled to length 1."""
    bins = [np.frombuffer(one.bins, dtype="<u2") for one in sketches]
    counts = np.concatenate([np.frombuffer(one.counts, dtype="<u2") for one in sketches]).astype(np.float64)
    columns = np.concatenate(bins).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum([len(one) for one in bins])])
    rarity = 1.0 + np.log((1 + len(sketches)) / (1 + np.bincount(columns, minlength=BINS)))
    values = (1.0 + np.log(counts)) * rarity[columns]
    lengths = np.sqrt(np.add.reduceat(values**2, starts[:-1]))
    values /= np.repeat(lengths, np.diff(starts))
    rows = sparse.csr_matrix((values, columns, starts), shape=(len(sketches), BINS))
    found: Floats = np.clip((rows @ rows.T).toarray(), 0.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return found


def _median_square(squares: Floats, rows: Places) -> float:
    """The square of the median distance between two of the rows; of the positive ones where most are equal."""
    pairs = squares[np.ix_(rows, rows)][np.triu_indices(len(rows), 1)]
    middle = float(np.median(pairs))
    if middle > ROUNDING:
        return middle
    apart = pairs[pairs > ROUNDING]
    return float(np.median(apart)) if len(apart) else 1.0


def _sides(size: int, golden: int, permutations: int, dice: np.random.Generator) -> Floats:
    """1 where a row is golden: in the first column as it is, in the others permuted."""
    sides = np.zeros((permutations + 1, size))
    sides[:, :golden] = 1.0
    sides[1:] = dice.permuted(sides[1:], axis=1)
    found: Floats = np.ascontiguousarray(sides.T)
    return found


def _discrepancies(kernel: Floats, sides: Floats, golden: int) -> Floats:
    """The unbiased MMD² of each column of sides: mean likeness within each side less twice the mean across."""
    live = len(kernel) - golden
    towards = kernel @ sides
    within = np.sum(sides * towards, axis=0)
    across = np.sum(towards, axis=0) - within
    outside = float(np.sum(kernel)) - within - 2.0 * across
    found: Floats = (
        (within - golden) / (golden * (golden - 1))
        + (outside - live) / (live * (live - 1))
        - 2.0 * across / (golden * live)
    )
    return found
