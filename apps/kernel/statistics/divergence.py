"""How far the student's next tokens lie from the teacher's, over rows (statistics.md §4.8 b).

Top-k lists bound the divergence per token, and only within one tokeniser; byte_gap.py needs none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level
from apps.kernel.statistics.quantile import nearest_rank
from apps.kernel.statistics.top_k import TopK, bounds, fault_of

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
THIN = 0.9
FEWEST_ROWS = 20
CELLS_AT_ONCE = 2_000_000


class NotComparable(EvidenceUnusable):
    """Token lists of unlike vocabularies say nothing about each other."""

    code = "not_comparable"
    title = "These models do not share a tokeniser"


@dataclass(frozen=True, slots=True)
class RowDivergence:
    """Means over the positions of one text: KL ≥ ``kl_low_nats`` per token, total variation within its two bounds."""

    kl_low_nats: float
    tv_low: float
    tv_high: float
    covered: float  # the teacher's mass on tokens in both lists, 0 to 1
    positions: int


@dataclass(frozen=True, slots=True)
class RowMissing:
    """A row that is missing for the divergence only, and why: a fault of ``top_k.fault_of``, ``no_positions``,
    ``positions_unaligned``. ``position`` (from 0) and ``side`` tell where, when it is one list."""

    reason: str
    position: int | None = None
    side: Literal["teacher", "student"] | None = None


@dataclass(frozen=True, slots=True)
class MeanDivergence:
    """Means over all positions of ``n`` rows. ``interval``: the lower bound's, None below 20 rows.

    ``is_thin``: the lists cover less than 0.9 of the teacher's mass, the bound is far from the truth. ``missing``: rows
    left out by reason, in the order of the reasons.
    """

    kl_low_nats: float
    interval: Interval | None
    tv_low: float
    tv_high: float
    covered: float
    is_thin: bool
    n: int
    missing: tuple[tuple[str, int], ...]


def row_divergence(
    teacher: Sequence[TopK], student: Sequence[TopK], *, teacher_tokeniser: str, student_tokeniser: str
) -> RowDivergence | RowMissing:
    """Bounds over one text whose positions are aligned: list i of both models follows the same tokens.

    Raises NotComparable unless both tokenisers (a name or a digest) are known and equal.
    """
    if not teacher_tokeniser or teacher_tokeniser != student_tokeniser:
        raise NotComparable("Top-k lists are compared within one tokeniser; use the bits-per-byte gap.")
    if len(teacher) != len(student):
        return RowMissing("positions_unaligned")
    if not teacher:
        return RowMissing("no_positions")
    found = []
    for position, (ours, theirs) in enumerate(zip(teacher, student, strict=True)):
        if (fault := fault_of(ours)) is not None:
            return RowMissing(fault, position, "teacher")
        if (fault := fault_of(theirs)) is not None:
            return RowMissing(fault, position, "student")
        found.append(bounds(ours, theirs))
    count = len(found)
    return RowDivergence(
        kl_low_nats=math.fsum(each.kl_low_nats for each in found) / count,
        tv_low=math.fsum(each.tv_low for each in found) / count,
        tv_high=math.fsum(each.tv_high for each in found) / count,
        covered=math.fsum(each.covered for each in found) / count,
        positions=count,
    )


def mean_divergence(
    rows: Sequence[RowDivergence | RowMissing], *, level: float = 0.90, resamples: int = 2000, seed: int
) -> MeanDivergence:
    """Rows together, each position counted once; the interval resamples rows (percentile bootstrap, Philox seed).

    Raises EvidenceUnusable ``no_rows`` when every row is missing, with the reasons in ``where``.
    """
    usable = [row for row in rows if isinstance(row, RowDivergence)]
    missing = _counted(row.reason for row in rows if isinstance(row, RowMissing))
    if not usable:
        raise EvidenceUnusable("No row has lists that can be compared.", code="no_rows", where=dict(missing))
    sizes = np.array([row.positions for row in usable], dtype=np.float64)
    figures = np.array([[row.kl_low_nats, row.tv_low, row.tv_high, row.covered] for row in usable]).T
    kl, tv_low, tv_high, covered = (float(figure @ sizes / sizes.sum()) for figure in figures)
    interval = _interval(figures[0] * sizes, sizes, level, resamples, seed)
    return MeanDivergence(kl, interval, tv_low, tv_high, covered, covered < THIN, len(usable), missing)


def _counted(reasons: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(reasons).items()))


def _interval(amounts: Floats, sizes: Floats, level: float, resamples: int, seed: int) -> Interval | None:
    """Percentile bootstrap of Σ amounts/Σ sizes over rows."""
    tail = (1 - require_level(level)) / 2
    n = len(amounts)
    if n < FEWEST_ROWS:
        return None
    generator = np.random.Generator(np.random.Philox(seed))
    step = max(1, CELLS_AT_ONCE // n)
    drawn = []
    for start in range(0, resamples, step):
        rows = generator.integers(0, n, size=(min(step, resamples - start), n))
        drawn.append(amounts[rows].sum(axis=1) / sizes[rows].sum(axis=1))
    ratios = np.concatenate(drawn)
    return Interval(nearest_rank(ratios, tail), nearest_rank(ratios, 1 - tail), level)
