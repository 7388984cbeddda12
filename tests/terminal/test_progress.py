"""Progress is one rewritten line on a terminal and a line a tenth elsewhere."""

from __future__ import annotations

import io
from decimal import Decimal

from apps.evals.progress import Progress
from apps.terminal import progress


def at(answered: int, **changes: object) -> Progress:
    values: dict[str, object] = {
        "status": "RUNNING",
        "examples": 50,
        "answered": answered,
        "planned_answers": 100,
        "scored": answered,
        "missing": 0,
        "faults": {},
        "spend_usd": Decimal("0.5"),
        "unpriced_answers": 0,
        "projected_usd": Decimal(1),
        "seconds_left": 12.4,
        "seconds_left_range": (12.4, 12.4),
        "certain_usd": Decimal("0.5"),
        "examples_per_second": 2.0,
    }
    return Progress(**{**values, **changes})  # type: ignore[arg-type]


def test_the_sentence_tells_counts_spend_and_time() -> None:
    assert progress.sentence("run #1", at(50, missing=2, faults={"rate_limited": 2})) == (
        "run #1 running: 50/100 answers · 50 scores · 2 missing · $0.5000 of ≈ $1.0000 · ≈ 12 s left · 2× rate_limited"
    )


def test_the_sentence_tells_stages_money_that_is_not_certain_and_the_range_of_time() -> None:
    told = progress.sentence(
        "run #1",
        at(
            50, reused=20, judgements=(0, 100), seconds_left_range=(60.0, 600.0),
            unconfirmed_usd=Decimal("0.02"), budget_usd=Decimal(2),
        ),
    )  # fmt: skip
    assert told == (
        "run #1 running: 50/100 answers · 20 reused · judging 0/100 · 50 scores · "
        "$0.5000 (up to $0.0200 more) of $2.0000 · 60 s to 10 min left"
    )


def test_the_sentence_tells_what_checking_the_judge_costs_once_they_cost_something() -> None:
    told = progress.sentence("run #1", at(100, checking_usd=Decimal("0.004")))
    assert " · $0.5000 of ≈ $1.0000 · $0.0040 for checking the judge · " in told
    assert "checking" not in progress.sentence("run #1", at(100, checking_usd=Decimal(0)))


def test_without_a_terminal_each_tenth_is_told_once() -> None:
    stream = io.StringIO()
    line = progress.Line(stream)
    for answered in (0, 5, 9, 10, 15, 100):
        line.show("run #1", at(answered))
    line.end()
    assert [text.split(": ")[1].split(" ")[0] for text in stream.getvalue().splitlines()] == [
        "0/100",
        "10/100",
        "100/100",
    ]


def test_on_a_terminal_the_line_is_rewritten() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    line = progress.Line(stream)
    line.show("run #1", at(1))
    line.show("run #1", at(2))
    line.end()
    assert stream.getvalue().count("\r") == 2
    assert stream.getvalue().count("\n") == 1
