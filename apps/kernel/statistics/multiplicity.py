"""Many claims at once: Holm for verdicts, Benjamini and Hochberg for what is worth a look (statistics.md §4.3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's step-down adjusted p-values in the order given (Holm 1979): valid under any dependence."""
    count = len(p_values)
    order = sorted(range(count), key=lambda index: p_values[index])
    scaled = np.array([(count - rank) * p_values[index] for rank, index in enumerate(order)])
    running = np.minimum(np.maximum.accumulate(scaled), 1.0) if count else scaled
    adjusted = [0.0] * count
    for index, value in zip(order, running, strict=True):
        adjusted[index] = float(value)
    return tuple(adjusted)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Adjusted p-values in the order given (Benjamini and Hochberg 1995): taking those at or below q as found keeps

    the expected share of false ones among them within q, for independent or positively dependent p-values. It orders
    what is worth a look; it does not hold the chance of a single false claim, so it never makes a verdict.
    """
    count = len(p_values)
    order = sorted(range(count), key=lambda index: p_values[index], reverse=True)
    adjusted, lowest = [0.0] * count, 1.0
    for rank, index in enumerate(order):
        lowest = min(lowest, p_values[index] * count / (count - rank))
        adjusted[index] = lowest
    return tuple(adjusted)
