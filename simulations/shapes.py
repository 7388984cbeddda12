"""Distributions of a row's difference student − teacher, −1 to 1, each with a mean of exactly the given value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Shape = Callable[[np.random.Generator, tuple[int, int], float], Floats]


def even(generator: np.random.Generator, size: tuple[int, int], loss: float) -> Floats:
    """Normal with standard deviation 0.15: a judge's small disagreements, both ways."""
    return np.asarray(np.clip(generator.normal(-loss, 0.15, size), -1.0, 1.0))


def rare(generator: np.random.Generator, size: tuple[int, int], loss: float) -> Floats:
    """Nothing but a full loss now and then: the case that plain t misjudges most."""
    return np.where(generator.random(size) < loss, -1.0, 0.0)


def rare_with_jitter(generator: np.random.Generator, size: tuple[int, int], loss: float) -> Floats:
    """A full loss now and then, the other rows near nothing."""
    jitter = generator.uniform(-0.02, 0.02, size)
    return np.where(generator.random(size) < loss, -1.0, jitter)


def halves_with_jitter(generator: np.random.Generator, size: tuple[int, int], loss: float) -> Floats:
    """Half a point lost, twice as often."""
    jitter = generator.uniform(-0.02, 0.02, size)
    return np.where(generator.random(size) < 2 * loss, -0.5, jitter)


def five_points(generator: np.random.Generator, size: tuple[int, int], loss: float) -> Floats:
    """A judge on a scale of five: one step down more often than one step up."""
    drawn, up = generator.random(size), 0.02
    return np.where(drawn < up, 0.25, np.where(drawn > 1 - up - 4 * loss, -0.25, 0.0))


def slump(generator: np.random.Generator, size: tuple[int, int], loss: float) -> Floats:
    """Some rows lose anything between nothing and much, a fifth on average; none gains."""
    return np.where(generator.random(size) < 5 * loss, -generator.beta(1.0, 4.0, size), 0.0)


def pass_or_fail(generator: np.random.Generator, size: tuple[int, int], loss: float) -> Floats:
    """Binary scores of models that disagree on a tenth of the rows."""
    drawn, lost = generator.random(size), (0.1 + loss) / 2
    return np.where(drawn < lost, -1.0, np.where(drawn > 1 - (0.1 - lost), 1.0, 0.0))


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "normal": even,
        "rare full loss": rare,
        "rare full loss, jitter": rare_with_jitter,
        "halves lost, jitter": halves_with_jitter,
        "five-point judge": five_points,
        "one-sided slump": slump,
        "pass or fail": pass_or_fail,
    }
)
