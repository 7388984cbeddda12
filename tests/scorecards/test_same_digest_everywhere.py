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

dice = random.Random(11)


def arm(share):
    scores = {"A": Outcome(float(dice.random() < share)), "B": Outcome(dice.random())}
    return Arm(scores, Decimal(dice.randint(1, 99)) / 7, dice.random() * 900)


rows = [
    Row(
        key=f"row-{number}",
        cohort=("gold", "plain", "rest")[number % 3],
        teacher=arm(0.9),
        student=arm(0.8),
    )
    for number in range(300)
]
random.Random(int(sys.argv[1])).shuffle(rows)
card = assemble(
    rows,
    cohorts=[Cohort("plain", weight=0.7), Cohort("gold", high_value=True, weight=0.1), Cohort("rest", weight=0.2)],
    evaluators={Evaluator("A"), Evaluator("B", primary=False)},
    weights_source="declared",
    unpaired=Unpaired(1, 2, 3),
    facts={"b": 1, "a": {"z": [1, 2], "y": None}},
)
print(card.digest)
"""


def test_one_digest_from_many_processes() -> None:
    root = Path(__file__).resolve().parents[2]
    digests = {
        subprocess.run(
            [sys.executable, "-c", ASSEMBLE, str(order)],
            env={**os.environ, "PYTHONHASHSEED": str(order), "PYTHONPATH": str(root)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for order in range(4)
    }
    assert len(digests) == 1
    assert digests.pop().startswith("sha256:")
