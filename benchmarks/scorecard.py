"""The statistics of a scorecard beside what a bootstrap costs on the same rows, in one run.

    python -m benchmarks.scorecard [--large]

Prints a Markdown table: what was done, wall seconds on one core, peak extra megabytes, and what came out of it.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable

import numpy as np

from apps.kernel.gate import decide, measure
from apps.kernel.policy import TEMPLATES, Rule, parse
from apps.kernel.report import report
from apps.kernel.scorecard import GLOBAL, Cell, Scorecard
from apps.kernel.statistics.quantile import latency_ratio_interval
from benchmarks.bootstrap import resampled_mean, scipy_interval
from benchmarks.cards import LARGE_CARD, SEED, SEED_CARD, Size, card_of, rows_of
from benchmarks.measured import Measured, measured

RESAMPLES = 10_000
LEVEL, MARGIN = 0.90, 0.03
RULE = Rule("benchmark", "prove", "score", "each_cohort", MARGIN)
GOAL_SECONDS, GOAL_MB = 1.0, 40.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", action="store_true", help=f"also {LARGE_CARD}; about a minute and 1 GB")
    print("| what | seconds | peak MB | answer |\n|---|--:|--:|---|")
    asked = parser.parse_args()
    ours = _line(f"**ours**: {SEED_CARD}: all intervals, exact tests, a {RESAMPLES:,}-resample check", _everything)
    _line("ours: release policy decided and reported on that card", _gate)
    _line(f"scipy: bootstrap of all {len(_cells(_card()))} cells, percentile, {RESAMPLES:,} resamples", _scipy)
    _line(f"scipy: the same with its default method, BCa, {RESAMPLES:,} resamples", _scipy_bca)
    _line(f"plain Python: one cell of {SEED_CARD.rows} rows, {RESAMPLES:,} resamples", _plain_python, memory=False)
    if asked.large:
        _line(f"ours: assemble {LARGE_CARD}", _large_assembly)
        _line("ours: release policy decided on that card", _large_gate)
        _line("ours: report of that card and verdict", _large_report)
    kept = ours.seconds < GOAL_SECONDS and ours.peak_mb is not None and ours.peak_mb < GOAL_MB
    print(f"\nGoal for ours: below {GOAL_SECONDS:g} s and {GOAL_MB:g} MB: {'kept' if kept else '**missed**'}.")


def _line(what: str, work: Callable[[], Callable[[], str]], *, memory: bool = True) -> Measured:
    found = measured(work, memory=memory)
    peak = "–" if found.peak_mb is None else f"{found.peak_mb:.1f}"
    print(f"| {what} | {found.seconds:.2f} | {peak} | {found.answer} |", flush=True)
    return found


def _everything() -> Callable[[], str]:
    """Of every cell the plain and the calibrated interval and both p-values; then two resamplings of the whole."""
    card = _card()

    def run() -> str:
        cells = _cells(card)
        for cell in cells:
            measure.interval_of(cell, level=LEVEL)
            measure.interval_of(cell, level=LEVEL, margin=MARGIN)
            measure.p_values(cell, RULE)
        latency = card.traffic_of(GLOBAL).latency
        latency_ratio_interval(
            latency.teacher_values(), latency.student_values(), 0.99, resamples=RESAMPLES, seed=SEED, level=LEVEL
        )
        checked = next(cell for cell in cells if cell.cohort == GLOBAL)
        tango = measure.interval_of(checked, level=LEVEL)
        assert tango is not None  # noqa: S101 - a card with rows has intervals
        low, high = resampled_mean(_differences(checked), RESAMPLES, LEVEL, SEED)
        return f"{len(cells)} cells; Tango {_points(tango.low, tango.high)}, bootstrap {_points(low, high)}"

    return run


def _scipy() -> Callable[[], str]:
    return _scipy_with("percentile")


def _scipy_bca() -> Callable[[], str]:
    return _scipy_with("BCa")


def _scipy_with(method: str) -> Callable[[], str]:
    differences = [_differences(cell) for cell in _cells(_card())]

    def run() -> str:
        found = [scipy_interval(values, RESAMPLES, LEVEL, SEED, method) for values in differences]
        empty = sum(not high - low > 0 for low, high in found)
        return f"intervals only; {empty} of {len(found)} without any width"

    return run


def _plain_python() -> Callable[[], str]:
    values = _differences(next(cell for cell in _cells(_card()) if cell.cohort == GLOBAL)).tolist()
    dice = random.Random(SEED)  # noqa: S311 - a resampling, not a secret

    def run() -> str:
        means = sorted(sum(dice.choices(values, k=len(values))) / len(values) for _ in range(RESAMPLES))
        low, high = means[int(RESAMPLES * (1 - LEVEL) / 2)], means[int(RESAMPLES * (1 + LEVEL) / 2)]
        return f"one interval, {_points(low, high)}"

    return run


def _gate(size: Size = SEED_CARD) -> Callable[[], str]:
    card, policy = card_of(size, rows_of(size)), parse(TEMPLATES["release"])

    def run() -> str:
        decided = decide(card, policy)
        report(card, decided)
        return f"{decided.verdict}, {len(decided.findings)} findings"

    return run


def _large_assembly() -> Callable[[], str]:
    rows = rows_of(LARGE_CARD)
    return lambda: (
        f"{len(card_of(LARGE_CARD, rows).cells)} cells of {2 * LARGE_CARD.rows * LARGE_CARD.evaluators:,} scores"
    )


def _large_gate() -> Callable[[], str]:
    card, policy = card_of(LARGE_CARD, rows_of(LARGE_CARD)), parse(TEMPLATES["release"])

    def run() -> str:
        decided = decide(card, policy)
        return f"{decided.verdict}, {len(decided.findings)} findings"

    return run


def _large_report() -> Callable[[], str]:
    card = card_of(LARGE_CARD, rows_of(LARGE_CARD))
    decided = decide(card, parse(TEMPLATES["release"]))
    return lambda: f"{len(report(card, decided))} parts"


def _card() -> Scorecard:
    return card_of(SEED_CARD, rows_of(SEED_CARD))


def _cells(card: Scorecard) -> list[Cell]:
    names = [GLOBAL, *(cohort.name for cohort in card.cohorts)]
    found = (card.cell(name, evaluator.name) for name in names for evaluator in card.evaluators)
    return [cell for cell in found if cell is not None]


def _differences(cell: Cell) -> np.ndarray:
    pairs = cell.strata[0].pairs
    return pairs.student_values() - pairs.teacher_values()


def _points(low: float, high: float) -> str:
    return f"{100 * low:+.2f} to {100 * high:+.2f} pt"


if __name__ == "__main__":
    main()
