"""The percentile bootstrap of a mean, by counting draws and by scipy."""

from __future__ import annotations

import warnings

import numpy as np
from scipy import stats

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def resampled_mean(values: Floats, resamples: int, level: float, seed: int) -> tuple[float, float]:
    """Percentile interval of the mean: how often each distinct value is drawn is multinomial, rows need no drawing."""
    distinct, counts = np.unique(values, return_counts=True)
    dice = np.random.Generator(np.random.Philox(seed))
    means = dice.multinomial(len(values), counts / len(values), size=resamples) @ distinct / len(values)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(low), float(high)


def scipy_interval(values: Floats, resamples: int, level: float, seed: int, method: str) -> tuple[float, float]:
    """scipy.stats.bootstrap of the mean; where it has no answer (all values equal, BCa) both ends are NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        found = stats.bootstrap(
            (values,),
            np.mean,
            n_resamples=resamples,
            confidence_level=level,
            method=method,
            rng=np.random.default_rng(seed),
        ).confidence_interval
    return float(found.low), float(found.high)
