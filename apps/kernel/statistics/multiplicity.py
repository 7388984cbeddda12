"""Many claims of harm at once."""

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
