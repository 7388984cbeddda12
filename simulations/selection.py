"""S-20: what choosing golden rows by the teacher's score does to the comparison, and what a fresh run mends."""

from __future__ import annotations

import math

import numpy as np

from simulations.result import ALLOWANCE, FULL, Cell, Result, draws, generator, highest

SHAPES = ((0.5, 0.5), (2.0, 1.0), (5.0, 1.0), (8.0, 2.0))
"""Beta shapes of the chance that a model answers a row rightly; both models are the same, so they share it."""
ROWS = 4_000_000
BAR = 0.002
LEAST_BIAS = 0.05


def selection_bias(scale: float, seed: int) -> Result:
    """Rows that the teacher passed, and an identical student: a fresh run shows no difference, the old one a loss.

    The old run, in which the teacher passed every chosen row, must show the bias, or it would not have been looked for.
    """
    count = draws(ROWS, scale)
    fresh, biased = [], []
    for number, shape in enumerate(SHAPES):
        dice = generator(seed, 20, number)
        chance = dice.beta(*shape, size=count)
        selection, student, again = (dice.random(count) < chance for _ in range(3))
        at = f"Beta({shape[0]:g}, {shape[1]:g})"
        fresh.append(Cell(at, abs(float(np.mean(student[selection]) - np.mean(again[selection])))))
        biased.append(Cell(at, float(1.0 - np.mean(student[selection]))))
    worst = highest(fresh)
    least, most = min(cell.rate for cell in biased), max(cell.rate for cell in biased)
    bar = BAR if scale >= FULL else BAR + ALLOWANCE * math.sqrt(0.5 / count)
    return Result(
        "S-20",
        "identical student on chosen rows, fresh run: |mean Δ|",
        worst.rate,
        bar,
        worst.rate <= bar and least >= LEAST_BIAS,
        f"at {worst.at}; judged by the selection run the same student seems {least:.3f} to {most:.3f} worse",
    )
