"""The teacher against itself: what repetition alone does to a score (statistics.md §1, unit and repeats)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from apps.kernel.statistics.bounded import Stratum, phantom_interval
from apps.kernel.statistics.interval import EvidenceUnusable, Interval, require_level
from apps.kernel.statistics.quantile import nearest_rank

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
SLACK = 1e-6
CELLS_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class FlipRate:
    """``share``: the chance that two runs of the same row disagree on pass or fail, 0 to 1, with its interval."""

    share: float
    interval: Interval


@dataclass(frozen=True, slots=True)
class NoiseFloor:
    """What the teacher shows when compared with itself over ``n`` rows, beside an observed ``delta`` (−1 to 1).

    ``self_interval``: the range of such a delta at the level; ``self_size``: its mean absolute value, the floor.
    ``flips`` is None unless every score is 0 or 1. ``explained``: floor over observed delta, at most 1, None for a
    delta of 0. ``p_repetition``: how often repetition alone shows a delta at least as large. ``n_once``: rows with
    fewer than two runs, left out.
    """

    n: int
    n_once: int
    self_interval: Interval
    self_size: float
    flips: FlipRate | None
    delta: float
    explained: float | None
    p_repetition: float


def noise_floor(
    runs: Floats, *, delta: float, averaged: int = 1, level: float = 0.95, resamples: int = 2000, seed: int
) -> NoiseFloor:
    """From a teacher's scores as rows × runs (0 to 1, NaN for a gap): how much of ``delta`` repetition could make.

    Each resample (Philox seed) draws two different runs of every row at random and takes the mean difference: the rows
    stay, so only repetition moves it. ``averaged``: over how many runs of each model the delta was averaged; the noise
    shrinks by its root. Raises EvidenceUnusable: ``no_repeats`` when no row has two runs, ``not_finite`` or
    ``score_out_of_range``, ``table_not_square`` for no matrix, ``delta_out_of_range``, ``repeats_out_of_range``.
    """
    _check(runs)
    if not abs(delta) <= 1:
        raise EvidenceUnusable("A delta lies between −1 and 1.", code="delta_out_of_range")
    if averaged < 1:
        raise EvidenceUnusable("A delta is averaged over one run or more.", code="repeats_out_of_range")
    tail = (1 - require_level(level)) / 2
    repeated = runs[(~np.isnan(runs)).sum(axis=1) >= 2]
    n = len(repeated)
    if n == 0:
        raise EvidenceUnusable("No row was run twice; repeat the teacher's run.", code="no_repeats")
    drawn = _self_deltas(repeated, resamples, seed) / math.sqrt(averaged)
    size = float(np.mean(np.abs(drawn)))
    # Without the slack rounding would tell two equal deltas apart.
    as_large = int(np.count_nonzero(np.abs(drawn) >= abs(delta) - 1e-12))
    return NoiseFloor(
        n=n,
        n_once=len(runs) - n,
        self_interval=Interval(nearest_rank(drawn, tail), nearest_rank(drawn, 1 - tail), level),
        self_size=size,
        flips=_flips(repeated, level),
        delta=delta,
        explained=None if delta == 0 else min(1.0, size / abs(delta)),
        p_repetition=(as_large + 1) / (resamples + 1),
    )


def _self_deltas(runs: Floats, resamples: int, seed: int) -> Floats:
    n = len(runs)
    # Present runs first: place r of a row's m runs is then an index below m.
    order = np.argsort(np.isnan(runs), axis=1, kind="stable")
    packed = np.take_along_axis(runs, order, axis=1)
    count = (~np.isnan(runs)).sum(axis=1)
    generator = np.random.Generator(np.random.Philox(seed))
    rows = np.arange(n)
    step = max(1, CELLS_AT_ONCE // n)
    found = []
    for start in range(0, resamples, step):
        shape = (min(step, resamples - start), n)
        first = generator.integers(0, np.broadcast_to(count, shape))
        second = generator.integers(0, np.broadcast_to(count - 1, shape))
        second = second + (second >= first)
        found.append((packed[rows, second] - packed[rows, first]).mean(axis=1))
    return np.concatenate(found)


def _flips(runs: Floats, level: float) -> FlipRate | None:
    """Each row's share of disagreeing pairs of runs is one value; the mean gets a phantom row at 0 and one at 1."""
    given = ~np.isnan(runs)
    if not np.all(np.isin(runs[given], (0.0, 1.0))):
        return None
    count = given.sum(axis=1)
    passes = np.where(given, runs, 0.0).sum(axis=1)
    shares = 2 * passes * (count - passes) / (count * (count - 1))
    # The phantom interval speaks of −1 to 1; a share of 0 to 1 is stretched onto it and back.
    stretched = phantom_interval([Stratum(1.0, 2 * shares - 1)], level=level).interval
    interval = Interval((stretched.low + 1) / 2, (stretched.high + 1) / 2, level)
    return FlipRate(math.fsum(shares.tolist()) / len(shares), interval)


def _check(runs: Floats) -> None:
    if runs.ndim != 2:
        raise EvidenceUnusable("Scores are a matrix of rows × runs.", code="table_not_square")
    if np.any(np.isinf(runs)):
        raise EvidenceUnusable("A score is infinite.", code="not_finite")
    if np.any(runs < -SLACK) or np.any(runs > 1 + SLACK):
        raise EvidenceUnusable("A score is outside 0 to 1.", code="score_out_of_range")
