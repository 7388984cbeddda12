"""S-13: how often the corrected figures of an erring judge hold the truth."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from apps.kernel.statistics.agreement import JudgeTable
from apps.kernel.statistics.interval import Interval
from apps.kernel.statistics.judge_error import JudgeNotUsable, corrected_delta, rogan_gladen
from simulations.result import Cell, Result, draws, generator, lowest, narrowed
from simulations.shapes import Floats

FULL_SHARES, FULL_DELTAS = 4_000, 4_000
LEVEL, BAR, JUDGED = 0.95, 0.935, 1_000
JUDGES = ((0.9, 0.85), (0.95, 0.9), (0.9, 0.8), (0.8, 0.75))
LABELS = (30, 50, 100, 200)
SHARES = (0.5, 0.7, 0.85, 0.95)
# Sensitivity + specificity − 1 of 0.1: far enough below 0.3 that no 200 labels of each make it look usable.
TOO_WEAK = (0.55, 0.55)
OTHERS = 1_000


def corrected_scores(scale: float, seed: int) -> Result:
    """Rogan and Gladen's score and the prediction-powered difference hold the truth in at least 93.5 % of cases.

    At a level of 95 %, with human labels from 30 of each kind up. A judge that hardly tells pass from fail is refused.
    """
    shares, deltas = _shares(scale, seed), _deltas(scale, seed)
    low, low_delta = lowest(shares), lowest(deltas)
    bar = narrowed(BAR, FULL_SHARES, scale)
    refused = _refused(seed)
    detail = (
        f"share of passes at {low.at}, mean {np.mean([cell.rate for cell in shares]):.4f} over {len(shares)} cells; "
        f"difference {low_delta.rate:.4f} at {low_delta.at}, mean {np.mean([cell.rate for cell in deltas]):.4f}; "
        f"a judge of 0.55 and 0.55 refused in {refused:.0%} of cases"
    )
    worst = min(low.rate, low_delta.rate)
    return Result(
        "S-13", "coverage of judge-corrected figures", worst, bar, worst >= bar and refused == 1.0, detail, True
    )


def _shares(scale: float, seed: int) -> list[Cell]:
    cells = []
    for number, (sensitivity, specificity) in enumerate(JUDGES):
        for labelled in LABELS:
            for share in SHARES:
                dice, count = generator(seed, 13, number, labelled, round(100 * share)), draws(FULL_SHARES, scale)
                judged = dice.binomial(JUDGED, share * sensitivity + (1 - share) * (1 - specificity), count)
                right, caught = dice.binomial(labelled, sensitivity, count), dice.binomial(labelled, specificity, count)
                found = [
                    _corrected(int(p), int(r), int(c), labelled) for p, r, c in zip(judged, right, caught, strict=True)
                ]
                held = [interval.low <= share <= interval.high for interval in found if interval is not None]
                where = (
                    f"sensitivity {sensitivity:g}, specificity {specificity:g}, {labelled} labels each, share {share:g}"
                )
                cells.append(Cell(where, float(np.mean(held))))
    return cells


@lru_cache(maxsize=65536)
def _corrected(passes: int, right: int, caught: int, labelled: int) -> Interval | None:
    """The interval of the share, None where the judge is refused."""
    labels = JudgeTable(right, labelled - caught, labelled - right, caught)
    try:
        return rogan_gladen(passes, JUDGED, labels, level=LEVEL).interval
    except JudgeNotUsable:
        return None


def _refused(seed: int) -> float:
    dice, (sensitivity, specificity) = generator(seed, 13, 99), TOO_WEAK
    right, caught = dice.binomial(200, sensitivity, 500), dice.binomial(200, specificity, 500)
    return float(np.mean([_corrected(500, int(r), int(c), 200) is None for r, c in zip(right, caught, strict=True)]))


def _deltas(scale: float, seed: int) -> list[Cell]:
    """A judge who sees nine in ten differences as people do, and invents one in twenty."""
    cells = []
    for labelled in (50, 100, 200):
        for loss in (0.0, 0.03, 0.1):
            for discordance in (0.1, 0.3):
                dice = generator(seed, 13, 50, labelled, round(100 * loss), round(100 * discordance))
                held = 0
                for _ in range(draws(FULL_DELTAS, scale)):
                    human, judge = _judged(dice, labelled + OTHERS, loss, discordance)
                    found = corrected_delta(human[:labelled], judge[:labelled], judge[labelled:], level=LEVEL).interval
                    held += found.low <= -loss <= found.high
                where = f"{labelled} labels, difference {-100 * loss:g} pt, discordance {discordance:g}"
                cells.append(Cell(where, held / draws(FULL_DELTAS, scale)))
    return cells


def _judged(dice: np.random.Generator, n: int, loss: float, discordance: float) -> tuple[Floats, Floats]:
    drawn, seen = dice.random(n), dice.random(n)
    lost = (discordance + loss) / 2
    human = np.where(drawn < lost, -1.0, np.where(drawn < discordance, 1.0, 0.0))
    return human, np.where(
        human == 0, np.where(seen < 0.05, np.where(seen < 0.025, -1.0, 1.0), 0.0), human * (seen < 0.9)
    )
