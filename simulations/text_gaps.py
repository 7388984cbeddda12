"""S-31: the interval of the bits-per-byte gap where rows are of unlike length and their gaps have heavy tails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from apps.kernel.statistics.byte_gap import interval_of_ratio
from simulations.result import Cell, Result, draws, generator, lowest, narrowed
from simulations.shapes import Floats

FULL_CARDS, RESAMPLES = 2_000, 400
BAR = 0.93
SIZES = (25, 50, 100, 300, 1000)
Shape = Callable[[np.random.Generator, int], Floats]

# Bits a byte of single rows: wild in both directions, or in one.
SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "normal": lambda dice, n: dice.normal(0.1, 0.15, n),
        "Laplace": lambda dice, n: 0.08 + dice.laplace(0.0, 0.1, n),
        "t with 3 degrees": lambda dice, n: 0.08 + 0.1 * dice.standard_t(3, n),
        "exponential": lambda dice, n: dice.exponential(0.1, n) - 0.02,
        "lognormal": lambda dice, n: dice.lognormal(-2.5, 0.7, n) - 0.03,
    }
)
SYMMETRIC = ("normal", "Laplace", "t with 3 degrees")


def gap_intervals(scale: float, seed: int) -> Result:
    """The end that a guard looks at (α 0.05) holds everywhere; both ends at 95 % do where tails are symmetric."""
    lower, whole, count = [], [], draws(FULL_CARDS, scale)
    for number, (name, shape) in enumerate(SHAPES.items()):
        true = _truth(shape, seed, number)
        for n in SIZES:
            dice = generator(seed, 31, number, n)
            held = [_held(dice, shape, n, true, card) for card in range(count)]
            at = f"{name}, n = {n}"
            lower.append(Cell(at, float(np.mean([guard for guard, _ in held]))))
            whole.append(Cell(at, float(np.mean([both for _, both in held]))))
    bar = narrowed(BAR, FULL_CARDS, scale)
    alike = lowest([cell for cell in whole if cell.at.startswith(SYMMETRIC)])
    worst, skewed = lowest(lower), lowest(whole)
    detail = (
        f"at {worst.at}; both ends at 95 %: {alike.rate:.3f} where tails are alike (at {alike.at}), "
        f"{skewed.rate:.3f} in all (at {skewed.at})"
    )
    holds = worst.rate >= bar and alike.rate >= bar
    return Result("S-31", "coverage of the bits-per-byte gap's lower end", worst.rate, bar, holds, detail, True)


def _held(dice: np.random.Generator, shape: Shape, n: int, true: float, seed: int) -> tuple[bool, bool]:
    """Does the lower end of the 90 % interval lie below the truth, and the 95 % interval around it?"""
    amounts, sizes = _card(dice, shape, n)
    guard = interval_of_ratio(amounts, sizes, level=0.90, resamples=RESAMPLES, seed=seed)
    both = interval_of_ratio(amounts, sizes, level=0.95, resamples=RESAMPLES, seed=seed)
    if guard is None or both is None:
        raise AssertionError("every card here has rows enough")
    return guard.low <= true, both.low <= true <= both.high


def _card(dice: np.random.Generator, shape: Shape, n: int) -> tuple[Floats, Floats]:
    sizes = np.maximum(5.0, np.round(dice.lognormal(4.5, 0.9, n)))
    return shape(dice, n) * sizes, sizes


def _truth(shape: Shape, seed: int, number: int) -> float:
    amounts, sizes = _card(generator(seed, 31, number), shape, 4_000_000)
    return float(amounts.sum() / sizes.sum())
