"""Why a global figure moved: another mix of cohorts, or other figures within them (statistics.md §4.9)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from apps.kernel.statistics.interval import EvidenceUnusable

SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class CohortSide:
    """One cohort on one side: its share of the rows (0 to 1), and its score or delta (−1 to 1).

    ``figure`` may be None where the weight is 0: a cohort that is absent has no figure.
    """

    weight: float
    figure: float | None


@dataclass(frozen=True, slots=True)
class Part:
    """What one cohort adds to the two parts of a split."""

    cohort: str
    mix: float
    rate: float


@dataclass(frozen=True, slots=True)
class Split:
    """``before`` and ``after`` are the global figures; ``total`` is exactly ``mix`` + ``rate``.

    ``reversed``: every cohort's figure moved one way, or stood still, and the global figure moved the other way.
    """

    before: float
    after: float
    total: float
    mix: float
    rate: float
    parts: tuple[Part, ...]
    reversed: bool


@dataclass(frozen=True, slots=True)
class CohortDelta:
    """A cohort's weight in the golden set and in live traffic, and its delta (student − teacher) on each side.

    ``live_delta`` None: there are no live scores yet, and the golden delta is carried over to the live mix.
    """

    name: str
    golden_weight: float
    golden_delta: float | None
    live_weight: float
    live_delta: float | None = None


@dataclass(frozen=True, slots=True)
class HiddenLoss:
    """A cohort that lost although the global delta of its side did not."""

    cohort: str
    side: str  # "golden" or "live"
    delta: float


@dataclass(frozen=True, slots=True)
class SimpsonCheck:
    """The global delta on both sides, its split from golden to live, and the losses that a good global delta hides.

    ``lost_in_the_mix``: the global delta is no loss by the golden mix and is one by the live mix, before any cohort
    changes.
    """

    golden_delta: float
    live_delta: float
    split: Split
    hidden: tuple[HiddenLoss, ...]
    lost_in_the_mix: bool


def kitagawa(before: dict[str, CohortSide], after: dict[str, CohortSide]) -> Split:
    """after − before as mix Σ(w₁ − w₀)(s₀ + s₁)/2 plus rate Σ(w₀ + w₁)/2·(s₁ − s₀) (Kitagawa 1955).

    A cohort missing from one side has weight 0 there, and its figure of the other side: all of it is mix. Raises
    EvidenceUnusable: ``no_rows`` for no cohort, ``weights`` when a side's are below 0 or do not sum to 1,
    ``score_missing`` for a weight without a figure, ``not_finite``.
    """
    _check_side(before)
    _check_side(after)
    parts, moves = [], []
    for cohort in sorted(before.keys() | after.keys()):
        old, new = before.get(cohort, CohortSide(0.0, None)), after.get(cohort, CohortSide(0.0, None))
        first = old.figure if old.figure is not None else new.figure
        last = new.figure if new.figure is not None else old.figure
        if first is None or last is None:
            parts.append(Part(cohort, 0.0, 0.0))
            continue
        mix = (new.weight - old.weight) * (first + last) / 2
        parts.append(Part(cohort, mix, (old.weight + new.weight) / 2 * (last - first)))
        moves.append(last - first)
    mix, rate = math.fsum(part.mix for part in parts), math.fsum(part.rate for part in parts)
    total = mix + rate
    # A hair of rounding is no movement.
    fell, rose = all(move <= 0 for move in moves), all(move >= 0 for move in moves)
    against = (rose and total < -1e-12) or (fell and total > 1e-12)
    return Split(_global(before), _global(after), total, mix, rate, tuple(parts), against)


def simpson(cohorts: Sequence[CohortDelta], *, tolerance: float = 0.0) -> SimpsonCheck:
    """Whether a good global delta hides a cohort's loss; a loss is a delta below −tolerance (0 to 1).

    This compares point estimates to draw the eye. It says nothing about chance, so it warns and never decides.
    Raises EvidenceUnusable as ``kitagawa`` does, ``duplicate_cohort``, and ``tolerance_out_of_range``.
    """
    if not 0 <= tolerance < 1:
        raise EvidenceUnusable(f"A tolerance lies between 0 and 1, not at {tolerance}.", code="tolerance_out_of_range")
    if len({cohort.name for cohort in cohorts}) < len(cohorts):
        raise EvidenceUnusable("A cohort is given twice.", code="duplicate_cohort")
    golden = {cohort.name: CohortSide(cohort.golden_weight, cohort.golden_delta) for cohort in cohorts}
    carried = {cohort.name: CohortSide(cohort.live_weight, cohort.golden_delta) for cohort in cohorts}
    live = {
        cohort.name: CohortSide(
            cohort.live_weight, cohort.golden_delta if cohort.live_delta is None else cohort.live_delta
        )
        for cohort in cohorts
    }
    split = kitagawa(golden, live)
    hidden = [
        *_hidden("golden", golden, split.before, tolerance),
        *_hidden("live", live, split.after, tolerance),
    ]
    known = all(side.figure is not None or side.weight == 0 for side in carried.values())
    lost = known and split.before >= -tolerance > _global(carried)
    return SimpsonCheck(split.before, split.after, split, tuple(hidden), lost)


def _hidden(side: str, cohorts: dict[str, CohortSide], whole: float, tolerance: float) -> list[HiddenLoss]:
    if whole < -tolerance:
        return []
    return [
        HiddenLoss(name, side, cohort.figure)
        for name, cohort in cohorts.items()
        if cohort.weight > 0 and cohort.figure is not None and cohort.figure < -tolerance
    ]


def _global(cohorts: dict[str, CohortSide]) -> float:
    return math.fsum(side.weight * side.figure for side in cohorts.values() if side.figure is not None)


def _check_side(cohorts: dict[str, CohortSide]) -> None:
    if not cohorts:
        raise EvidenceUnusable("There are no cohorts.", code="no_rows")
    weights = [side.weight for side in cohorts.values()]
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or abs(math.fsum(weights) - 1) > SLACK:
        raise EvidenceUnusable("Weights are 0 or more and sum to 1.", code="weights")
    for name, side in cohorts.items():
        if side.figure is None and side.weight > 0:
            raise EvidenceUnusable(f"The cohort {name[:80]} has rows and no figure.", code="score_missing")
        if side.figure is not None and not (math.isfinite(side.figure) and abs(side.figure) <= 1 + SLACK):
            raise EvidenceUnusable("A figure is not finite or outside −1 to 1.", code="not_finite")
