"""S-25: how often a student exactly at a forbidden loss passes when its loss is judged by other rules than ours.

    python -m simulations.error_bars

prints the largest chance, over every share of disagreeing rows, of a wrong pass at α 0.05: exact, by counting every
table. Columns: averages compared; the lower end of an ordinary interval beyond the limit (t or Wald, the percentile
bootstrap, two repairs of Wald, Tango's score without enumeration); "no significant difference" by McNemar's exact test;
and the rule of this product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from scipy.special import bdtr, ndtri, stdtrit

from apps.kernel.statistics.paired import critical_values
from apps.kernel.statistics.tango import scores
from simulations import ordinary
from simulations.enumeration import Flags, Floats, chance, discordances
from simulations.result import FULL, Cell, Result, highest

ALPHA, ROUNDING = 0.05, 1e-9
ROWS = (10, 25, 50, 100, 200, 300, 500)
MARGINS = (0.01, 0.03)
SHARES, SHORT_SHARES = 100, 60

Rule = Callable[[Floats, Floats, int, float], Flags]
"""Which tables of losses and wins, of n rows, pass at this margin."""


def averages(losses: Floats, wins: Floats, n: int, margin: float) -> Flags:
    """The difference of the averages is no worse than the limit."""
    return (wins - losses) / n >= -margin - ROUNDING


def t_or_wald(losses: Floats, wins: Floats, n: int, margin: float) -> Flags:
    """Either passes: they differ by the quantile and by n − 1 for n alone."""
    t = float(stdtrit(n - 1, 1 - ALPHA)) * np.sqrt(n / (n - 1))
    return _above(losses, wins, n, margin, z=float(ndtri(1 - ALPHA))) | _above(losses, wins, n, margin, z=t)


def bootstrap(losses: Floats, wins: Floats, n: int, margin: float) -> Flags:
    """The 5 % percentile of resampled differences, of infinitely many resamples."""
    return _resampled(n, margin)[losses.astype(np.int64), wins.astype(np.int64)]


def agresti_min(losses: Floats, wins: Floats, n: int, margin: float) -> Flags:
    return _above(losses, wins, n, margin, added=ordinary.AGRESTI_MIN)


def bonett_price(losses: Floats, wins: Floats, n: int, margin: float) -> Flags:
    return _above(losses, wins, n, margin, added=ordinary.BONETT_PRICE)


def tango(losses: Floats, wins: Floats, n: int, margin: float) -> Flags:
    return scores(losses, wins, n, -margin) >= float(ndtri(1 - ALPHA)) - ROUNDING


def not_significant(losses: Floats, wins: Floats, n: int, margin: float) -> Flags:
    """McNemar's exact test sees no difference, or one in the student's favour; the limit plays no part in it."""
    fewer, either = np.minimum(losses, wins), losses + wins
    p = np.where(either > 0, 2 * bdtr(fewer, np.maximum(either, 1).astype(np.int64), 0.5), 1.0)
    return (p > ALPHA) | (wins > losses)


def enumerated(losses: Floats, wins: Floats, n: int, margin: float) -> Flags:
    """The rule of this product."""
    return scores(losses, wins, n, -margin) >= critical_values(n, margin, alpha=ALPHA)[0] - ROUNDING


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "averages": averages,
        "t or Wald": t_or_wald,
        "bootstrap": bootstrap,
        "Agresti–Min": agresti_min,
        "Bonett–Price": bonett_price,
        "Tango": tango,
        "not significant": not_significant,
        "ours": enumerated,
    }
)


def worst_pass(rule: Rule, n: int, margin: float, *, shares: int = SHARES) -> float:
    """The largest chance of a pass at a loss of exactly the margin, over shares of disagreement up to 0.6."""
    return max(
        chance(n, -margin, share, lambda losses, wins: rule(losses, wins, n, margin))
        for share in discordances(margin, shares)
    )


def wrong_passes(scale: float, seed: int) -> Result:
    """Ours passes such a student in at most 5 %; what ordinary error bars do is told, not judged."""
    rows, shares = (ROWS, SHARES) if scale >= FULL else (ROWS[:5], SHORT_SHARES)
    found = {
        name: highest(
            [
                Cell(f"n = {n}, margin {100 * margin:g} pt", worst_pass(rule, n, margin, shares=shares))
                for margin in MARGINS
                for n in rows
            ]
        )
        for name, rule in RULES.items()
    }
    ours = found["ours"]
    others = "; ".join(f"{name} {cell.rate:.3f} at {cell.at}" for name, cell in found.items() if name != "ours")
    holds = ours.rate <= ALPHA + ROUNDING
    return Result("S-25", "false PASS beside ordinary rules", ours.rate, ALPHA, holds, f"at {ours.at}; {others}")


@lru_cache(maxsize=4)
def _resampled(n: int, margin: float) -> Flags:
    """Which tables pass by the bootstrap, at [losses, wins]: the difference of a resample is counted exactly."""
    passes = np.zeros((n + 1, n + 1), dtype=np.bool_)
    turns = np.exp(-2j * np.pi * np.arange(2 * n + 1) / (2 * n + 1))
    # Places of the transform: differences from 0 up, then from −n up.
    value = np.concatenate([np.arange(n + 1), np.arange(-n, 0)])
    for losses in range(n + 1):
        wins = np.arange(n - losses + 1)[:, None]
        one_row = (losses * turns.conj() + wins * turns + (n - losses - wins)) / n
        chances = np.fft.ifft(one_row**n, axis=1).real
        below = chances[:, value / n < -margin - ROUNDING].sum(axis=1)
        passes[losses, : n - losses + 1] = below < ALPHA
    return passes


def main() -> None:
    print(f"| rows | limit pp | {' | '.join(RULES)} |\n|--:|--:|{'--:|' * len(RULES)}")
    for margin in MARGINS:
        for n in ROWS:
            rates = " | ".join(f"{worst_pass(rule, n, margin):.3f}" for rule in RULES.values())
            print(f"| {n} | {100 * margin:.0f} | {rates} |", flush=True)


def _above(
    losses: Floats, wins: Floats, n: int, margin: float, *, z: float = float(ndtri(1 - ALPHA)), added: float = 0.0
) -> Flags:
    """The lower end of estimate ± z standard errors is no worse than the limit."""
    return ordinary.limits(losses, wins, n, z=z, added=added)[0] >= -margin - ROUNDING


if __name__ == "__main__":
    main()
