"""The same evidence seals to the same digest in any process, whatever its hash seed and the order of its rows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ASSEMBLE = """
import random, sys
from decimal import Decimal
from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard import Arm, Cohort, Evaluator, Row, Unpaired, assemble
from apps.kernel.statistics.divergence import RowDivergence, RowMissing

dice = random.Random(11)


def arm(share, repeats=2):
    scores = {"A": Outcome(float(dice.random() < share)), "B": Outcome(dice.random())}
    fault = dice.choice([None, None, "rate_limited"])
    others = tuple(arm(share, 0) for _ in range(repeats))
    cost, ms, first_ms = Decimal(dice.randint(1, 99)) / 7, dice.random() * 900, dice.random() * 90
    return Arm(scores, cost, ms, fault, first_ms, "length", others)


def divergence():
    found = RowDivergence(*(dice.random() for _ in range(4)), dice.randint(1, 9))
    return dice.choice([None, RowMissing("list_empty"), found, found])


rows = [
    Row(
        key=f"row-{number}",
        cohort=("gold", "plain", "rest")[number % 3],
        teacher=arm(0.9),
        student=arm(0.8),
        cluster=dice.choice([None, "c1", "c2", f"c{number}"]),
        divergence=divergence(),
    )
    for number in range(300)
]


def assembled():
    return assemble(
        rows,
        cohorts=[Cohort("plain", weight=0.7), Cohort("gold", high_value=True, weight=0.1), Cohort("rest", weight=0.2)],
        evaluators={Evaluator("A"), Evaluator("B", primary=False)},
        weights_source="declared",
        unpaired=Unpaired(1, 2, 3),
        facts={"b": 1, "a": {"z": [1, 2], "y": None}},
    )


for order in range(25):
    random.Random(int(sys.argv[1]) * 25 + order).shuffle(rows)
    print(assembled().digest)
"""


def test_one_digest_from_a_hundred_assemblies_in_four_processes() -> None:
    root = Path(__file__).resolve().parents[2]
    printed = [
        subprocess.run(
            [sys.executable, "-c", ASSEMBLE, str(order)],
            env={**os.environ, "PYTHONHASHSEED": str(order), "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for order in range(4)
    ]
    digests = [one for lines in printed for one in lines]
    assert (len(digests), len(set(digests))) == (100, 1)
    assert digests[0].startswith("sha256:")
