"""S-21: a loss of five points planted in one cohort of high value, from the pairs to the verdict of the gate."""

from __future__ import annotations

from collections import Counter

import numpy as np

from apps.kernel.gate import decide
from apps.kernel.policy import parse
from simulations.cards import Table, card
from simulations.result import Cell, Result, draws, generator, highest, widened

FULL_RUNS = 2_000
LOSS, SHARE, DISCORDANCE = 0.05, 0.05, 0.1
HIGH_VALUE_ROWS = (15, 300, 3_000)
MOST_PASSING = 0.05
POLICY = parse(
    {
        "name": "planted",
        "alpha": 0.05,
        "rules": [
            {
                "id": scope,
                "kind": "prove",
                "figure": "score",
                "scope": scope,
                "margin": margin,
                "evaluators": "primary",
                "unit": "pp",
            }
            for scope, margin in (("global", 0.03), ("high_value", 0.01))
        ],
    }
)


def losses_in_a_small_cohort(scale: float, seed: int) -> Result:
    """A student that loses five points in a twentieth of the traffic, and nothing elsewhere, does not pass.

    With 3,000 rows of that cohort never, with 300 or 15 in at most 5 % of cases.
    """
    passed, told, runs = [], [], draws(FULL_RUNS, scale)
    for rows in HIGH_VALUE_ROWS:
        dice, others = generator(seed, 21, rows), round(rows * (1 - SHARE) / SHARE)
        lost, even = (DISCORDANCE + LOSS) / 2, DISCORDANCE / 2
        hurt = dice.multinomial(rows, [lost, DISCORDANCE - lost, 1 - DISCORDANCE], runs)
        well = dice.multinomial(others, [even, even, 1 - DISCORDANCE], runs)
        verdicts: Counter[str] = Counter()
        for bad, good in zip(hurt.tolist(), well.tolist(), strict=True):
            tables = {"enterprise": Table(*bad[:2], rows), "others": Table(*good[:2], others)}
            verdicts[decide(card(tables, high_value="enterprise"), POLICY).verdict] += 1
        passed.append(Cell(f"{rows} rows", verdicts["pass"] / runs))
        told.append(
            f"{rows} rows: " + ", ".join(f"{name} {count / runs:.3f}" for name, count in sorted(verdicts.items()))
        )
    worst, bar = highest(passed), widened(MOST_PASSING, FULL_RUNS, scale)
    holds = worst.rate <= bar and np.isclose(passed[-1].rate, 0.0)
    return Result("S-21", "PASS of a planted five-point loss", worst.rate, bar, bool(holds), "; ".join(told))
