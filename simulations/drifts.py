"""S-17: how often the index of a moved mix calls two samples of one mix different."""

from __future__ import annotations

import numpy as np

from apps.kernel.statistics.drift import population_stability
from simulations.result import Cell, Result, draws, generator, highest, lowest, narrowed, widened

FULL_MIXES = 10_000
NOMINAL, LEAST, MOST = 0.05, 0.03, 0.06
SIZES = (200, 500, 1_000, 5_000)
CATEGORIES = (3, 5, 10, 20)


def equal_mixes(scale: float, seed: int) -> Result:
    """At a nominal 5 %, 3 to 6 % of equal mixes look moved; with the rule as it stands (p < 1 %, PSI > 0.1) hardly any.

    The content of texts is not compared by the kernel, so this is the part of S-17 on mixes.
    """
    cells, ruled, folklore = [], [], []
    for n in SIZES:
        for categories in CATEGORIES:
            dice, count = generator(seed, 17, n, categories), draws(FULL_MIXES, scale)
            shares = np.linspace(1.0, 3.0, categories) / np.linspace(1.0, 3.0, categories).sum()
            names = [f"c{place:02}" for place in range(categories)]
            found = [
                population_stability(dict(zip(names, before, strict=True)), dict(zip(names, after, strict=True)))
                for before, after in zip(
                    dice.multinomial(n, shares, count).tolist(),
                    dice.multinomial(n, shares, count).tolist(),
                    strict=True,
                )
            ]
            where = f"{n} and {n} rows, {categories} categories"
            cells.append(Cell(where, float(np.mean([drift.p < NOMINAL for drift in found]))))
            ruled.append(Cell(where, float(np.mean([drift.drifted for drift in found]))))
            folklore.append(Cell(where, float(np.mean([drift.psi > 0.1 for drift in found]))))
    high, low, bar = highest(cells), lowest(cells), widened(MOST, FULL_MIXES, scale)
    least = narrowed(LEAST, FULL_MIXES, scale)
    detail = (
        f"at {high.at}, lowest {low.rate:.4f} (bar {least:.4f}) at {low.at}; the rule calls up to "
        f"{highest(ruled).rate:.4f} moved, PSI > 0.1 alone up to {highest(folklore).rate:.4f} at {highest(folklore).at}"
    )
    holds = low.rate >= least and high.rate <= bar
    return Result("S-17", "equal mixes called moved at 5 %", high.rate, bar, holds, detail)
