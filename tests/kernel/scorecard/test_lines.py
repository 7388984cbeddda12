"""Counted evidence and single rows are the same evidence."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest

from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard import Arm, Cohort, Evaluator, Lines, OutcomeLine, Row, TrafficLine, Unpaired, assemble_lines
from apps.kernel.scorecard.assemble import EvidenceRefused
from apps.kernel.scorecard.lines import lines_of, settled
from tests.kernel.cards import arm, card


def test_equal_rows_are_one_line() -> None:
    rows = [Row(str(number), "a", arm(1.0), arm(0.0)) for number in range(3)]
    lines = lines_of(rows)
    assert list(lines.outcomes) == [OutcomeLine("a", "quality", None, 1.0, None, None, 0.0, None, None, 3)]
    assert list(lines.traffic) == [TrafficLine("a", *[None] * 10, 3)]  # type: ignore[arg-type]
    assert (lines.repeats, lines.tokens) == ({}, {})


def test_lines_that_are_parted_and_reordered_give_the_same_card() -> None:
    rows = [Row(str(n), "a", arm(n % 3 / 2, ms=5.0), arm("rate_limited" if n == 4 else 1.0, ms=5.0)) for n in range(9)]
    parted = [lines_of([row]) for row in rows[::-1]]
    lines = Lines(
        [line for part in parted for line in part.outcomes], [line for part in parted for line in part.traffic]
    )
    whole = card(rows)
    again = assemble_lines(
        lines,
        cohorts=[Cohort("a")],
        evaluators=[Evaluator("quality")],
        weights_source="row_share",
        unpaired=Unpaired(),
        facts=whole.facts,
    )
    assert again.digest == whole.digest


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((None, None, None), Outcome(None, "not_scored")),
        ((None, "", "worker_lost"), Outcome(None, "worker_lost")),
        ((None, "judge_refused", "worker_lost"), Outcome(None, "judge_refused")),
        ((math.inf, None, None), Outcome(None, "not_finite")),
        ((1.1, None, None), Outcome(None, "out_of_range")),
        ((1.0000001, None, "worker_lost"), Outcome(1.0)),
    ],
)
def test_an_outcome_is_settled_one_way(given: tuple[float | None, str | None, str | None], kept: Outcome) -> None:
    assert settled(*given) == kept


def test_counted_costs_below_zero_are_refused_too() -> None:
    with pytest.raises(EvidenceRefused) as refused:
        assemble_lines(
            lines_of([Row("1", "a", Arm(cost_usd=Decimal("-0.1")), Arm())]),
            cohorts=[Cohort("a")],
            evaluators=[],
            weights_source="row_share",
            unpaired=Unpaired(),
            facts={},
        )
    assert refused.value.code == "cost_negative"
