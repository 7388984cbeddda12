"""What a gate says about a pass rate: passed, failed, clear, or why it cannot tell."""

from __future__ import annotations

from dataclasses import dataclass

from apps.kernel.scorecard import Cell
from apps.kernel.sentences.words import causes_of, place, rows_of
from apps.kernel.statistics.interval import Interval

WEAK_LOOK = 3.0
"""A guard that would only have noticed more than this many times the failures it allows says that it looked weakly."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The cell a pass rate is of, the rate (0 to 1), and the rows passed; None where rows do not count alike."""

    cell: Cell
    rate: float
    passed: int | None

    @property
    def said(self) -> str:
        """ "Refunds × json: the student passes 98.4 % of 1,200 rows (1,181)"."""
        counted = "" if self.passed is None else f" ({self.passed:,})"
        inside = "" if self.cell.clusters is None else f" in {self.cell.clusters.count:,} clusters"
        weighted = "" if self.cell.pooled else ", weighted by traffic"
        where = place(self.cell.cohort, self.cell.evaluator)
        return f"{where}: the student passes {percent(self.rate)} of {rows_of(self.cell.n)}{inside}{counted}{weighted}"


def decided(tally: Tally, verdict: str, *, interval: Interval, limit: float) -> str:
    """The rate is shown to reach the limit (pass), or shown to stay below it (fail)."""
    if verdict == "pass":
        return (
            f"Pass. {tally.said}. We can rule out a rate below {stated(limit)} "
            f"(worst plausible {_beside(interval.low, limit)})."
        )
    kindest = _beside(interval.high, limit)
    return f"Fail. {tally.said}; even the kindest reading is {kindest}, below the {stated(limit)} asked for."


def insufficient(tally: Tally, *, interval: Interval, limit: float, floor: int, wanted: int | None) -> str:
    """Neither shown: ``floor`` rows are needed without a failure, about ``wanted`` at the rate seen; None: too low."""
    if wanted is None:
        return (
            f"Not enough evidence. {tally.said}, which is not above the {stated(limit)} asked for, yet "
            f"{_beside(interval.high, limit)} is plausible too; more rows may well end in a fail. → Add rows"
        )
    return (
        f"Not enough evidence. {tally.said}, yet a rate down to {_beside(interval.low, limit)} cannot be ruled out. "
        f"To show ≥ {stated(limit)} you need at least {floor:,} rows, about {wanted:,} at the rate seen here. "
        "→ Add rows"
    )


def missing(tally: Tally, *, limit: float, unseen: int, harm_shown: bool) -> str:
    """The rows that are there would decide, but the missing ones could undo it."""
    cell = tally.cell
    absent = cell.missing.pairs + unseen
    causes = [*causes_of(cell.missing.reasons), *([f"{unseen:,} answered by one model only"] if unseen else [])]
    undone = f"Counting them as failed a rate of {stated(limit)} is not shown."
    if harm_shown:
        undone = "Counting them as passed the harm seen in the others is not shown."
    return (
        f"Not enough evidence. {place(cell.cohort, cell.evaluator)}: {absent:,} of {rows_of(cell.rows + unseen)} "
        f"{'is' if absent == 1 else 'are'} missing ({', '.join(causes)}). {undone} → Retry the {absent:,}"
    )


def clear(tally: Tally, *, interval: Interval, limit: float, noticed: float | None, claims: int) -> str:
    """Too low a rate was not shown, and what would have been; ``noticed`` is None where no rate would."""
    said = f"Clear. {tally.said}"
    if interval.high < limit:
        said += f", which may be the unlucky one of {claims:,} figures looked at together"
    if noticed is None:
        return f"{said}. Weak look: with so few rows no rate would have been noticed."
    said += f". Would have noticed a rate of {percent(noticed)} or less (80 % chance)."
    if 1 - noticed > WEAK_LOOK * (1 - limit):
        said += f" Weak look: that is more than {WEAK_LOOK:g} times the {stated(1 - limit)} that may fail."
    return said


def not_binary(cell: Cell) -> str:
    """The evaluator gives scores between 0 and 1, or averages them: what passes is not said."""
    where = place(cell.cohort, cell.evaluator)
    if cell.repeats is not None and cell.repeats.averaged > 1:
        why = f"a score is the mean of {cell.repeats.averaged:,} answers to a row"
    else:
        why = "there are scores between 0 and 1"
    return f"Not pass or fail. {where}: {why}, so no share of rows that pass can be counted. → Use a score rule"


def percent(rate: float) -> str:
    """0.98 is "98 %", 0.9853 is "98.5 %"; a rate that is not 1 is never rounded to 100 %."""
    digits = 1
    while digits < 4 and rate < 1 and f"{100 * rate:.{digits}f}" == f"{100:.{digits}f}":
        digits += 1
    return f"{round(100 * rate, digits):g} %"


def stated(share: float) -> str:
    """A share that a policy states, with all its decimals: 0.9885 is "98.85 %"."""
    return f"{round(100 * share, 6):g} %"


def _beside(rate: float, limit: float) -> str:
    """A bound with as many decimals as it takes to tell it from the limit beside it, 1 to 4."""
    digits = 1
    while digits < 4 and f"{100 * rate:.{digits}f}" == f"{100 * limit:.{digits}f}":
        digits += 1
    return f"{100 * rate:.{digits}f} %"
