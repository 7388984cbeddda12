"""Halves of real golden sets are of one traffic: nothing has moved, and few rows are new."""

from __future__ import annotations

import gzip
import json
import random

import numpy as np
import pytest

from apps.kernel.contamination import golden_text
from apps.kernel.statistics.content_drift import Likeness, TextRow
from apps.kernel.statistics.hashed_text import sketch
from tests.conftest import REAL_DATA

pytestmark = [pytest.mark.realdata, pytest.mark.slow]
DRAWS = 20


def rows_of(name: str) -> list[TextRow]:
    found = []
    with gzip.open(REAL_DATA / name / "golden.jsonl.gz", "rt") as lines:
        for line in lines:
            row = json.loads(line)
            one = sketch(golden_text(row), key=b"real")
            assert one is not None
            found.append(TextRow(row["cohort"], one))
    return found


@pytest.mark.parametrize("name", ["mmlu_pro_420", "bfcl_ops_380", "ragtruth_qa"])
def test_halves_of_one_set_have_not_drifted(name: str) -> None:
    rows = rows_of(name)
    half = len(rows) // 2
    found = []
    for draw in range(DRAWS):
        mixed = random.Random(draw).sample(rows, 2 * half)
        likeness = Likeness(mixed[:half], mixed[half:])
        found.append((likeness.drift(seed=draw).p, likeness.novelty().share))
    chances, shares = np.array(found).T
    assert np.sum(chances < 0.01) <= 2  # more than 2 of 20 at a chance of 1 % each: once in a thousand
    assert 0.02 <= np.mean(shares) <= 0.10
    assert np.max(shares) <= 0.15


def test_rows_of_another_set_are_found() -> None:
    questions, answers = rows_of("mmlu_pro_420"), rows_of("ragtruth_qa")
    mixed = random.Random(1).sample(questions, 380)
    golden = [TextRow("", row.sketch) for row in mixed[:190]]
    live = [TextRow("", row.sketch) for row in [*mixed[190:352], *answers[:28]]]
    assert Likeness(golden, live).drift(seed=1).p < 0.01
