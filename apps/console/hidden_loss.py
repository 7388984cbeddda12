"""What a global figure can hide: a cohort's loss inside a good average, and the weight of rows against that of traffic.

These sentences compare point estimates to draw the eye. They warn; verdicts are the gate's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.console import figures
from apps.kernel.statistics.decomposition import CohortDelta, SimpsonCheck, simpson

GLOBAL = "*"
# A global loss of up to the release template's margin still reads as good news; a cohort beyond it is none.
TOLERANCE = 0.03
# A shift between row shares and traffic below this is not worth a sentence.
MIX_WORTH_TELLING = 0.005


def warnings(report: Mapping[str, Any]) -> list[str]:
    """One sentence for each loss that a global figure hides, and for each figure that the mix of cohorts moved."""
    weights = {row["cohort"]: row["weight"] for row in report["cohorts"]}
    told: list[str] = []
    for evaluator in dict.fromkeys(cell["evaluator"] for cell in report["cells"]):
        cells = [
            cell
            for cell in report["cells"]
            if cell["evaluator"] == evaluator and cell["cohort"] != GLOBAL and cell["delta_pp"] is not None
        ]
        traffic = sum(weights[cell["cohort"]] for cell in cells)
        if len(cells) > 1 and traffic > 0:
            told += _told(evaluator, _checked(cells, weights, traffic), weights)
    return told


def _checked(cells: Sequence[Mapping[str, Any]], weights: Mapping[str, float], traffic: float) -> SimpsonCheck:
    rows = sum(cell["n"] for cell in cells)
    cohorts = [
        CohortDelta(
            name=cell["cohort"],
            golden_weight=cell["n"] / rows,
            golden_delta=cell["delta_pp"] / 100,
            live_weight=weights[cell["cohort"]] / traffic,
        )
        for cell in cells
    ]
    return simpson(cohorts, tolerance=TOLERANCE)


def _told(evaluator: str, check: SimpsonCheck, weights: Mapping[str, float]) -> Iterator[str]:
    hidden = [loss for loss in check.hidden if loss.side == "live"]
    for loss in sorted(hidden, key=lambda loss: loss.delta):
        yield (
            f"{evaluator}: {figures.signed(100 * check.live_delta)} pp on all traffic hides "
            f"{figures.signed(100 * loss.delta)} pp in {loss.cohort} "
            f"({figures.percent(weights[loss.cohort], digits=1)} of traffic)."
        )
    if abs(check.split.mix) >= MIX_WORTH_TELLING:
        yield (
            f"{evaluator}: by share of rows the difference would read {figures.signed(100 * check.golden_delta)} pp, "
            f"by traffic it is {figures.signed(100 * check.live_delta)} pp; the mix of cohorts makes "
            f"{figures.signed(100 * check.split.mix)} pp of that."
        )
