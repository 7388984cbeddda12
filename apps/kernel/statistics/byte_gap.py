"""How much likelier its own text is to the teacher than to the student, in bits a byte (statistics.md §4.8 a).

Each model scores the same string with its own tokens, so it takes no shared vocabulary.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtrit

from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Means = Literal["kl_rate", "cross_entropy_gap"]
FEWEST_UNITS = 20
CELLS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class BitsPerByteGap:
    """(log₂ teacher − log₂ student)/bytes over the same strings; ``interval`` None below 20 rows or clusters.

    ``means``: ``kl_rate`` for text that the teacher sampled at temperature 1: its expectation is the KL rate and never
    negative. Otherwise ``cross_entropy_gap``, which is no divergence. ``teacher``, ``student``: bits a byte of each.
    """

    bits_per_byte: float
    interval: Interval | None
    means: Means
    n: int
    missing: tuple[tuple[str, int], ...]
    teacher: float
    student: float


def bits_per_byte_gap(
    teacher_nats: Sequence[float],
    student_nats: Sequence[float],
    text_bytes: Sequence[int],
    *,
    is_sampled_at_1: bool,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.90,
    resamples: int = 2000,
    seed: int,
) -> BitsPerByteGap:
    """The gap over rows; each row is one string's whole log-probability (nats, 0 or less) by each model, and its bytes.

    A row whose log-probability is not finite or above 0, or that has no bytes, is missing with its reason. Rows of one
    name in ``clusters`` are one unit of evidence. Raises EvidenceUnusable: ``pairs_unequal``, and ``no_rows`` when
    nothing is left.
    """
    named = range(len(text_bytes)) if clusters is None else clusters
    if not len(teacher_nats) == len(student_nats) == len(text_bytes) == len(named):
        raise EvidenceUnusable("The rows of both models are the same.", code="pairs_unequal")
    rows = list(zip(teacher_nats, student_nats, text_bytes, named, strict=True))
    faults = [fault_of_text(*row[:3]) for row in rows]
    missing = tuple(sorted(Counter(fault for fault in faults if fault is not None).items()))
    usable = [row for row, fault in zip(rows, faults, strict=True) if fault is None]
    if not usable:
        raise EvidenceUnusable("No row can be scored by both models.", code="no_rows", where=dict(missing))
    size = math.fsum(row[2] for row in usable)
    teacher, student = (math.fsum(nats) / math.log(2) / size for nats in zip(*(row[:2] for row in usable), strict=True))
    amounts, sizes = _units(usable)
    return BitsPerByteGap(
        bits_per_byte=teacher - student,
        interval=interval_of_ratio(amounts, sizes, level=level, resamples=resamples, seed=seed),
        means="kl_rate" if is_sampled_at_1 else "cross_entropy_gap",
        n=len(usable),
        missing=missing,
        teacher=-teacher,
        student=-student,
    )


def fault_of_text(teacher: float, student: float, size: int) -> str | None:
    """Why a row cannot be counted: ``not_finite``, ``logprob_positive`` or ``no_bytes``; None when it can."""
    if not (math.isfinite(teacher) and math.isfinite(student)):
        return "not_finite"
    if teacher > 0 or student > 0:
        return "logprob_positive"
    return None if size >= 1 else "no_bytes"


def interval_of_ratio(amounts: Floats, sizes: Floats, *, level: float, resamples: int, seed: int) -> Interval | None:
    """Where Σ amounts/Σ sizes of all units lies; None below 20 units.

    The wider of two on each side: the jackknife with Student's t, which holds where single units are wild in both
    directions, and the studentised bootstrap (Efron & Tibshirani 1993, 12.5), which holds where they are wild in one.
    The percentile bootstrap is too narrow for either (S-31).
    """
    tail = (1 - require_level(level)) / 2
    n = len(amounts)
    if n < FEWEST_UNITS:
        return None
    total, whole = float(amounts.sum()), float(sizes.sum())
    ratio = total / whole
    without = (total - amounts) / (whole - sizes)
    error = math.sqrt((n - 1) / n * float(np.sum((without - without.mean()) ** 2)))
    if error == 0:
        return Interval(ratio, ratio, level)
    reach = float(stdtrit(n - 1, 1 - tail)) * error
    low, high = np.quantile(_studentised(amounts, sizes, ratio, resamples, seed), [tail, 1 - tail])
    linear = _linear_error(amounts, sizes)
    return Interval(
        min(ratio - reach, ratio - float(high) * linear), max(ratio + reach, ratio - float(low) * linear), level
    )


def _studentised(amounts: Floats, sizes: Floats, ratio: float, resamples: int, seed: int) -> Floats:
    """How many of its own standard errors each resample's ratio lies from the ratio of all."""
    n = len(amounts)
    generator = np.random.Generator(np.random.Philox(seed))
    step = max(1, CELLS_AT_ONCE // n)
    drawn = []
    for start in range(0, resamples, step):
        rows = generator.integers(0, n, size=(min(step, resamples - start), n))
        taken, over = amounts[rows], sizes[rows]
        whole = over.sum(axis=1)
        ratios = taken.sum(axis=1) / whole
        errors = np.sqrt(n / (n - 1) * ((taken - ratios[:, None] * over) ** 2).sum(axis=1)) / whole
        apart = ratios - ratio
        # A resample of equal units has no error of its own: it tells nothing of the spread.
        drawn.append(np.divide(apart, errors, out=np.zeros_like(apart), where=errors > 0))
    found: Floats = np.concatenate(drawn)
    return found


def _linear_error(amounts: Floats, sizes: Floats) -> float:
    n = len(amounts)
    left = amounts - amounts.sum() / sizes.sum() * sizes
    return math.sqrt(n / (n - 1) * float(np.sum(left**2))) / float(sizes.sum())


def _units(rows: Sequence[tuple[float, float, int, Hashable]]) -> tuple[Floats, Floats]:
    """Bits and bytes of each unit, summed over its rows, in the order in which units first come."""
    sums: dict[Hashable, list[float]] = {}
    for teacher, student, size, name in rows:
        unit = sums.setdefault(name, [0.0, 0.0])
        unit[0] += (teacher - student) / math.log(2)
        unit[1] += size
    found = np.array(list(sums.values()), dtype=np.float64)
    return found[:, 0], found[:, 1]
