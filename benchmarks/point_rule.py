"""How often a student exactly at a forbidden loss passes when two averages are simply compared, beside our rule.

    python -m benchmarks.point_rule

Exact: every table of losses and wins, and the share of disagreeing rows that is worst for the rule. Prints a Markdown
table: rows, the chance of a wrong pass of "difference ≥ −margin", and of the enumerated test at α 0.05.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, xlogy

from apps.kernel.statistics import paired

ROWS = (10, 25, 100, 200, 500)
MARGINS = (0.01, 0.03)
DISCORDANCE_MAX = 0.6
GRID = 60


def wrong_pass(n: int, margin: float, passes: np.ndarray) -> float:
    """The largest chance, over the share of disagreement, of a table that passes at a loss of exactly the margin."""
    losses, wins = _tables(n)
    losses, wins = losses[passes], wins[passes]
    ties = n - losses - wins
    ways = gammaln(n + 1) - gammaln(losses + 1) - gammaln(wins + 1) - gammaln(ties + 1)
    chances = []
    for share in np.geomspace(margin, DISCORDANCE_MAX, GRID):
        lost, won = (share + margin) / 2, (share - margin) / 2
        logs = ways + xlogy(losses, lost) + xlogy(wins, max(won, 0.0)) + xlogy(ties, 1 - share)
        chances.append(float(np.exp(logs).sum()))
    return max(chances)


def _tables(n: int) -> tuple[np.ndarray, np.ndarray]:
    losses, wins = np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij")
    fits = losses + wins <= n
    return losses[fits], wins[fits]


def _point_rule(n: int, margin: float) -> np.ndarray:
    losses, wins = _tables(n)
    return (wins - losses) / n >= -margin - 1e-12


def _our_rule(n: int, margin: float) -> np.ndarray:
    losses, wins = _tables(n)
    critical = paired.critical_values(n, margin)[0]
    found = [paired.tango_z(int(b), int(c), n, -margin) >= critical for b, c in zip(losses, wins, strict=True)]
    return np.array(found)


def main() -> None:
    print("| rows | margin pp | averages compared | enumerated test |\n|--:|--:|--:|--:|")
    for margin in MARGINS:
        for n in ROWS:
            ours = wrong_pass(n, margin, _our_rule(n, margin))
            print(f"| {n} | {100 * margin:.0f} | {wrong_pass(n, margin, _point_rule(n, margin)):.3f} | {ours:.3f} |")


if __name__ == "__main__":
    main()
