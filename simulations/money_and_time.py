"""S-11 and S-12: limits of latency percentiles and of cost ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from apps.kernel.statistics.quantile import order_limits
from apps.kernel.statistics.ratio import fieller
from simulations.result import Cell, Result, draws, generator, lowest, narrowed
from simulations.shapes import Floats

FULL_LATENCIES, FULL_COSTS = 10_000, 10_000
TIMEOUT_MS = 30_000.0
QUANTILES = (0.5, 0.95, 0.99)
# Fewest rows with a two-sided 95 % upper limit (statistics.md §4.6).
FIRST_WITH_UPPER = {0.5: 6, 0.95: 72, 0.99: 368}

Latency = Callable[[np.random.Generator, tuple[int, int]], Floats]


def lognormal(dice: np.random.Generator, size: tuple[int, int]) -> Floats:
    """A long right tail, around 800 ms."""
    return np.asarray(dice.lognormal(np.log(800), 0.6, size))


def bimodal(dice: np.random.Generator, size: tuple[int, int]) -> Floats:
    """One in twelve calls starts cold and takes five times as long."""
    return lognormal(dice, size) * np.where(dice.random(size) < 1 / 12, 5.0, 1.0)


def with_timeouts(dice: np.random.Generator, size: tuple[int, int]) -> Floats:
    """One call in a hundred never answers: ties at the very top."""
    return np.where(dice.random(size) < 0.01, TIMEOUT_MS, lognormal(dice, size))


LATENCIES: Mapping[str, Latency] = MappingProxyType(
    {"lognormal": lognormal, "bimodal": bimodal, "1 % timeouts": with_timeouts}
)


def latency_limits(scale: float, seed: int) -> Result:
    """Order statistics hold the percentile in at least 94 % of cases; where no upper limit exists none is given."""
    cells = []
    for number, (name, latency) in enumerate(LATENCIES.items()):
        truth = np.quantile(latency(generator(seed, 11, number), (1, 4_000_000))[0], QUANTILES, method="inverted_cdf")
        for n in (100, 200, 500, 1000, 2000):
            ordered = np.sort(latency(generator(seed, 11, number, n), (draws(FULL_LATENCIES, scale), n)), axis=1)
            for q, true in zip(QUANTILES, truth, strict=True):
                lower, upper = order_limits(n, q)
                above = ordered[:, lower - 1] <= true if lower else np.full(len(ordered), True)
                below = true <= ordered[:, upper - 1] if upper else np.full(len(ordered), True)
                cells.append(Cell(f"{name}, n = {n}, p{100 * q:g}", float(np.mean(above & below))))
    first = {q: next(n for n in range(1, 1000) if order_limits(n, q)[1] is not None) for q in QUANTILES}
    worst, bar = lowest(cells), narrowed(0.94, FULL_LATENCIES, scale)
    holds = worst.rate >= bar and first == FIRST_WITH_UPPER
    rows = ", ".join(f"p{100 * q:g} from {n} rows" for q, n in first.items())
    return Result(
        "S-11",
        "coverage of latency limits",
        worst.rate,
        bar,
        holds,
        f"at {worst.at}; upper limits: {rows}",
        at_least=True,
    )


def cost_ratios(scale: float, seed: int) -> Result:
    """Fieller's one-sided 95 % upper limit lies above the true ratio in at least 93.5 % of cases."""
    cells, count = [], draws(FULL_COSTS, scale)
    for n in (50, 200, 500):
        for sigma in (0.8, 1.15, 1.5):
            for rho in (0.3, 0.6, 0.9):
                dice = generator(seed, 12, n, round(100 * sigma), round(10 * rho))
                base, own = dice.normal(size=(count, n)), dice.normal(size=(count, n))
                teacher = np.exp(sigma * base)
                student = 0.1 * np.exp(sigma * (rho * base + np.sqrt(1 - rho**2) * own))
                held = 0
                for spent, would_spend in zip(student, teacher, strict=True):
                    found = fieller(spent, would_spend, level=0.90).interval
                    held += found is None or found.high >= 0.1
                cells.append(Cell(f"n = {n}, sigma {sigma:g}, correlation {rho:g}", held / count))
    worst, bar = lowest(cells), narrowed(0.935, FULL_COSTS, scale)
    detail = f"at {worst.at}; mean over {len(cells)} cells {np.mean([cell.rate for cell in cells]):.4f}"
    return Result("S-12", "coverage of the cost ratio's upper limit", worst.rate, bar, worst.rate >= bar, detail, True)
