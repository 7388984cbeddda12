"""S-27: how often the 90 % interval of one model's score holds its true mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from apps.kernel.arms import score_interval
from apps.kernel.scorecard import Cell, PairedStratum
from apps.kernel.scorecard.cell import Missing
from apps.kernel.scorecard.pairs import SCORE_DIGITS, Pairs
from simulations.result import Cell as Point
from simulations.result import Result, draws, generator, lowest, narrowed
from simulations.shapes import Floats

LEVEL, BAR = 0.90, 0.88
ROWS = (10, 25, 50, 100, 200, 500)
FULL_DRAWS = 10_000
STEPS, CHANCES = np.array([0.0, 0.25, 0.5, 0.75, 1.0]), np.array([0.02, 0.03, 0.05, 0.2, 0.7])

Scores = Callable[[np.random.Generator, int], Floats]

# Scores from 0 to 1, each with its mean: what judges and overlap measures give a good model.
MODELS: Mapping[str, tuple[float, Scores]] = MappingProxyType(
    {
        "one in twenty missed": (0.95, lambda dice, n: np.where(dice.random(n) < 0.95, 1.0, 0.0)),
        "one in a hundred missed": (0.99, lambda dice, n: np.where(dice.random(n) < 0.99, 1.0, 0.0)),
        "high and smooth": (0.9, lambda dice, n: dice.beta(9.0, 1.0, n)),
        "nearly all or nothing": (0.9, lambda dice, n: dice.beta(0.9, 0.1, n)),
        "five points": (float(STEPS @ CHANCES), lambda dice, n: dice.choice(STEPS, size=n, p=CHANCES)),
        "never quite right": (0.97 * 0.97, lambda dice, n: np.where(dice.random(n) < 0.97, 0.97, 0.0)),
    }
)


def one_models_score(scale: float, seed: int) -> Result:
    """The phantom rows hold the mean in at least 88 % of cases, also of scores that are nearly all 1."""
    points = []
    for number, (name, (mean, model)) in enumerate(MODELS.items()):
        for n in ROWS:
            dice, times = generator(seed, 27, number, n), draws(FULL_DRAWS, scale)
            held = sum(_holds(model(dice, n), mean) for _ in range(times))
            points.append(Point(f"{name}, n = {n}", held / times))
    low, bar = lowest(points), narrowed(BAR, FULL_DRAWS, scale)
    mean_rate = float(np.mean([point.rate for point in points]))
    return Result(
        "S-27",
        "coverage of one model's score",
        low.rate,
        bar,
        low.rate >= bar,
        f"phantom rows at {low.at}, mean over {len(points)} cells {mean_rate:.4f}",
        at_least=True,
    )


def _holds(scores: Floats, mean: float) -> bool:
    pairs = Pairs.of(((float(score), float(score)) for score in scores), digits=SCORE_DIGITS)
    found = score_interval(Cell("*", "q", (PairedStratum(1.0, pairs, 0),), False, Missing()), "teacher", level=LEVEL)
    return found is not None and found.low <= mean <= found.high
