"""What a gate says about a score: passed, failed, clear, or why it cannot tell."""

from __future__ import annotations

from apps.kernel.scorecard import GLOBAL, Cell
from apps.kernel.sentences.words import beside, causes_of, limit_pp, place, pp, rows_of
from apps.kernel.statistics.clustered import FEWEST_CLUSTERS, FEWEST_IN_STRATUM
from apps.kernel.statistics.interval import Interval

WEAK_LOOK = 3.0
"""A guard whose noticeable loss is more than this many margins says that it looked weakly."""


def passed(cell: Cell, *, interval: Interval, margin: float) -> str:
    """The loss is shown to stay within the margin."""
    teacher, student, delta = _figures(cell)
    return (
        f"Pass. {place(cell.cohort, cell.evaluator)}: student {student:.3f}, teacher {teacher:.3f}, "
        f"difference {pp(delta, signed=True)}. We can rule out a loss greater than {limit_pp(margin)} "
        f"(worst plausible {beside(interval.low, -margin)}; {_tally(cell)})."
    )


def failed(cell: Cell, *, interval: Interval, margin: float) -> str:
    """The loss is shown to exceed the margin."""
    _, _, delta = _figures(cell)
    return (
        f"Fail. {place(cell.cohort, cell.evaluator)} lost {pp(-delta)}; even the kindest reading is "
        f"{beside(interval.high, -margin)}, beyond the {limit_pp(margin)} limit ({_tally(cell)})."
    )


def insufficient(cell: Cell, *, interval: Interval, margin: float, alpha: float, floor: int, wanted: int) -> str:
    """Neither shown: ``floor`` rows are needed without a single loss, about ``wanted`` at the rate seen here."""
    _, _, delta = _figures(cell)
    seen = f"The student lost {cell.losses:,} and won {cell.wins:,}, yet with" if cell.binary else "With"
    leaning = ""
    if -delta > margin / 2:
        leaning = f" The student is behind by {pp(-delta)}; more rows may well end in a fail."
    return (
        f"Not enough evidence. {place(cell.cohort, cell.evaluator)} has {rows_of(cell.n)}. "
        f"{seen} {rows_of(cell.n)} a loss up to {pp(_possible_loss(cell, interval, margin, alpha))} "
        f"cannot be ruled out. To show ≤ {limit_pp(margin)} you need at least {floor:,} rows, "
        f"about {wanted:,} {_spread_words(cell)}.{leaning} → Add rows"
    )


def behind(cell: Cell, *, interval: Interval, margin: float, claims: int) -> str:
    """The loss seen is over the margin, but not shown to be more than chance among ``claims`` looked at together."""
    _, _, delta = _figures(cell)
    kind = f"yet {beside(interval.high, -margin)} is plausible too"
    if interval.high < -margin:
        kind = f"which may still be the unlucky one of {claims:,} figures looked at together"
    return (
        f"Not enough evidence. {place(cell.cohort, cell.evaluator)}: the student is behind by {pp(-delta)}, over the "
        f"{limit_pp(margin)} limit, {kind} ({_tally(cell)}). More rows may well end in a fail."
    )


def missing(cell: Cell, *, unseen: int, harm_shown: bool) -> str:
    """The complete rows would decide, but the missing ones could undo it."""
    absent = cell.missing.pairs + unseen
    causes = [*causes_of(cell.missing.reasons), *([f"{unseen:,} answered by one model only"] if unseen else [])]
    undone = "Counting them as losses the limit is not met."
    if harm_shown:
        undone = "Counting them as wins the harm seen in the others is not shown."
    return (
        f"Not enough evidence. {place(cell.cohort, cell.evaluator)}: {absent:,} of {rows_of(cell.rows + unseen)} "
        f"{'is' if absent == 1 else 'are'} missing ({', '.join(causes)}). {undone} → Retry the {absent:,}"
    )


def clear(cell: Cell, *, interval: Interval, noticeable: float, margin: float, claims: int) -> str:
    """No harm was shown, and what would have been."""
    _, _, delta = _figures(cell)
    said = f"Clear. {place(cell.cohort, cell.evaluator)}: difference {pp(delta, signed=True)}"
    if interval.high < -margin:
        said += f", which may be the unlucky one of {claims:,} figures looked at together"
    if noticeable >= 1:
        return f"{said}. Weak look: with so few rows no loss would have been noticed."
    said += f". Would have noticed a loss of {pp(noticeable)} or more (80 % chance)."
    if noticeable > WEAK_LOOK * margin:
        said += f" Weak look: that is more than {WEAK_LOOK:g} times the {limit_pp(margin)} limit."
    return said


def blocked(cell: Cell, reason: str) -> str:
    """The cell exists, but its figures cannot be judged."""
    where = place(cell.cohort, cell.evaluator)
    if reason == "not_finite":
        count = cell.missing.reasons["not_finite"]
        has = "has a score that is" if count == 1 else "have scores that are"
        return f"Not a number. {where}: {rows_of(count)} {has} not finite. → Repair the evaluator and score again"
    if reason == "weights":
        names = ", ".join(cell.unweighable)
        return f"Not enough evidence. {where}: no complete row carries the traffic weight of {names}. → Add rows"
    if reason == "few_clusters":
        found = cell.clusters.count if cell.clusters else 0
        groups = "1 cluster" if found == 1 else f"{found:,} clusters"
        return (
            f"Not enough evidence. {where}: {rows_of(cell.n)} come from {groups}. At least {FEWEST_CLUSTERS} are "
            f"needed to see how clusters differ, and {FEWEST_IN_STRATUM} in every cohort. → Add rows of other clusters"
        )
    return missing(cell, unseen=0, harm_shown=False)


def absent(cohort: str, evaluator: str | None, *, scope: str) -> str:
    """The card has no cell where the rule looks."""
    if scope == "high_value" and cohort == GLOBAL:
        return "Not enough evidence. No cohort is marked high-value, so nothing is known about them. → Mark one"
    asked = "a score the rule asks for" if evaluator is None else "this score"
    return f"Not enough evidence. {place(cohort, evaluator)}: no row has {asked}. → Score the rows"


def _possible_loss(cell: Cell, interval: Interval, margin: float, alpha: float) -> float:
    if cell.is_counted and not cell.losses and not cell.wins:
        # The largest loss rate that leaves no trace in n rows with chance alpha: the rule of three, exactly.
        return float(1 - alpha ** (1 / cell.n))
    return max(-interval.low, margin)


def _figures(cell: Cell) -> tuple[float, float, float]:
    if cell.teacher is None or cell.student is None or cell.delta is None:
        raise ValueError("a sentence with figures needs a cell with complete pairs")
    return cell.teacher, cell.student, cell.delta


def _tally(cell: Cell) -> str:
    inside = "" if cell.clusters is None else f" in {cell.clusters.count:,} clusters"
    return f"{rows_of(cell.n)}{inside}, {cell.losses:,} lost, {cell.wins:,} won"


def _spread_words(cell: Cell) -> str:
    if cell.clusters is not None:
        return "at the spread between clusters seen here"
    if not cell.binary:
        return "at the spread seen here"
    return f"if {100 * (cell.losses + cell.wins + 1) / (cell.n + 2):.0f} % of answers differ"
