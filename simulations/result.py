"""What a simulation answers: the worst value it found, and the bar that value must keep."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FULL = 1.0
SHORT = 1 / 20
# Standard errors granted to a short form: one cell in a thousand strays further by chance.
ALLOWANCE = 3.1


@dataclass(frozen=True, slots=True)
class Result:
    """``worst`` is the value furthest towards the bar over the whole grid; ``detail`` says where, and what else held.

    ``at_least`` turns the bar around: for coverage the worst value is the smallest.
    """

    id: str
    claim: str
    worst: float
    bar: float
    holds: bool
    detail: str
    at_least: bool = False


Claim = Callable[[float, int], Result]


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of a grid: what was set, and the rate observed there."""

    at: str
    rate: float


def generator(seed: int, *path: int) -> np.random.Generator:
    """Random numbers of one cell of a grid: independent of the others, equal in every process."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *path])))


def draws(full: int, scale: float) -> int:
    """How often to draw: ``full`` times at scale 1, never fewer than 100."""
    return max(100, round(full * scale))


def widened(bar: float, full: int, scale: float) -> float:
    """The bar itself in the full form; in a shorter one it grants the noise of so few draws."""
    if scale >= FULL:
        return bar
    return bar + ALLOWANCE * math.sqrt(bar * (1 - bar) / draws(full, scale))


def narrowed(bar: float, full: int, scale: float) -> float:
    """The same for a bar that must be reached, such as coverage."""
    return 1 - widened(1 - bar, full, scale)


def highest(cells: list[Cell]) -> Cell:
    return max(cells, key=lambda cell: cell.rate)


def lowest(cells: list[Cell]) -> Cell:
    return min(cells, key=lambda cell: cell.rate)
