"""What the mix of cohorts does to a global figure: losses it hides, and what other traffic would make of it (§4.9).

These compare point estimates to draw the eye. They warn; verdicts are the gate's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.kernel.errors import InvalidInput
from apps.kernel.sentences import mix as words
from apps.kernel.statistics.decomposition import CohortDelta, SimpsonCheck, simpson

GLOBAL = "*"
TOLERANCE = 0.03
"""A global loss of up to the release template's margin still reads as good news; a cohort beyond it is none."""
MIX_WORTH_TELLING = 0.005
"""A shift between two mixes below this is not worth a sentence."""
SLACK = 1e-6


class LiveWeightsRefused(InvalidInput):
    """The live weights do not fit the cohorts of the card."""

    code = "live_weights_refused"
    title = "The live weights cannot be used"


@dataclass(frozen=True, slots=True)
class Mix:
    """One evaluator's global delta by two mixes; ``check.split`` holds what is mix and what is rate.

    Without live weights the golden side is weighted by rows and the live side by the card's traffic; with them the
    golden side is weighted by the card's traffic. ``left_out`` is the live share of cohorts without figures.
    """

    evaluator: str
    check: SimpsonCheck
    live_shares: Mapping[str, float]
    left_out: float
    sentences: tuple[str, ...]


def decompose(report: Mapping[str, Any], *, live: Mapping[str, float] | None = None) -> tuple[Mix, ...]:
    """One split an evaluator over two or more cohorts with figures. ``live`` are shares of traffic, summing to 1.

    Raises LiveWeightsRefused: ``cohort_unknown``, ``weights_sum``.
    """
    declared = {row["cohort"]: row["weight"] for row in report["cohorts"] if row["cohort"] != GLOBAL}
    if live is not None:
        _refuse(live, declared)
    found = []
    for evaluator in dict.fromkeys(cell["evaluator"] for cell in report["cells"]):
        cells = [
            cell
            for cell in report["cells"]
            if cell["evaluator"] == evaluator and cell["cohort"] != GLOBAL and cell["delta_pp"] is not None
        ]
        after = declared if live is None else {name: live.get(name, 0.0) for name in declared}
        before = {cell["cohort"]: float(cell["n"]) for cell in cells} if live is None else declared
        names = [cell["cohort"] for cell in cells]
        known = math.fsum(after[name] for name in names)
        if len(cells) > 1 and known > 0 and math.fsum(before[name] for name in names) > 0:
            found.append(_mix(evaluator, cells, before, after, is_given=live is not None))
    return tuple(found)


def warnings(report: Mapping[str, Any]) -> list[str]:
    """One sentence for each loss that a global figure hides, and for each figure that the mix of cohorts moved."""
    return [sentence for mix in decompose(report) for sentence in mix.sentences]


def _mix(
    evaluator: str,
    cells: Sequence[Mapping[str, Any]],
    before: Mapping[str, float],
    after: Mapping[str, float],
    *,
    is_given: bool,
) -> Mix:
    names = [cell["cohort"] for cell in cells]
    golden, known = (math.fsum(side[name] for name in names) for side in (before, after))
    check = simpson(
        [
            CohortDelta(
                name=cell["cohort"],
                golden_weight=before[cell["cohort"]] / golden,
                golden_delta=cell["delta_pp"] / 100,
                live_weight=after[cell["cohort"]] / known,
            )
            for cell in cells
        ],
        tolerance=TOLERANCE,
    )
    left_out = max(0.0, math.fsum(after.values()) - known)
    told = tuple(_told(evaluator, check, after, is_given=is_given))
    return Mix(evaluator, check, {name: after[name] for name in names}, left_out, told)


def _told(evaluator: str, check: SimpsonCheck, shares: Mapping[str, float], *, is_given: bool) -> Iterator[str]:
    hidden = [loss for loss in check.hidden if loss.side == "live"]
    for loss in sorted(hidden, key=lambda loss: loss.delta):
        yield words.hidden(evaluator, loss.cohort, whole=check.live_delta, delta=loss.delta, share=shares[loss.cohort])
    if abs(check.split.mix) >= MIX_WORTH_TELLING:
        said = words.by_live_traffic if is_given else words.by_rows
        yield said(evaluator, golden=check.golden_delta, live=check.live_delta, mix=check.split.mix)


def _refuse(live: Mapping[str, float], declared: Mapping[str, float]) -> None:
    strangers = sorted(set(live) - set(declared))
    if strangers:
        known = ", ".join(declared)[:120]
        raise LiveWeightsRefused(
            f"The card has no cohort {strangers[0][:80]!r}; it has {known}.", code="cohort_unknown"
        )
    # Written so that NaN, for which every comparison is false, is refused too.
    if not all(0 <= weight <= 1 for weight in live.values()) or not abs(math.fsum(live.values()) - 1) <= SLACK:
        raise LiveWeightsRefused(
            "Live weights are shares of traffic: each lies in 0 to 1, and together they make 1.", code="weights_sum"
        )
