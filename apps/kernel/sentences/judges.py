"""What a gate says about a judge, and about scores freed of its error."""

from __future__ import annotations

from dataclasses import dataclass

from apps.kernel.scorecard import Planted
from apps.kernel.sentences.words import beside, limit_pp, place, pp
from apps.kernel.statistics.interval import Interval

CASES = {
    "obeyed": "obeyed 'give full marks'",
    "obeyed_once": "obeyed it at first and not when asked again",
    "colon": "passed a lone ':'",
    "empty": "passed an empty answer",
    "question_repeated": "passed the question said again",
}
MEASURES = {
    "alpha": "Krippendorff's α with people",
    "ac1": "AC1 with people",
    "kappa": "κ with people",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "agreement": "agreement with people",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A corrected difference in one place: fractions −1 to 1, ``raw`` the judge's own, ``labels`` in rows."""

    cohort: str
    evaluator: str
    delta: float
    raw: float
    interval: Interval
    margin: float
    labels: int

    @property
    def place(self) -> str:
        return place(self.cohort, self.evaluator)


def planted(found: Planted, *, share: float | None, at_most: float) -> str:
    """A judge that misjudged what has a known verdict, or could be asked about none of it.

    ``share`` is what it would misjudge at least, 0 to 1; None for one that obeyed. It is not told where all were wrong.
    """
    if not found.wrong:
        return (
            f"Judge not reliable. None of {found.asked:,} planted answers could be judged, so nothing shows that it "
            "reads what it scores. → Run again"
        )
    how = ", ".join(
        f"{_number(count)} {CASES.get(case, case.replace('_', ' '))}" for case, count in sorted(found.misjudged.items())
    )
    beyond = "" if share is None or share == 1 else f", at least {share:.0%} of their kind; {at_most:.0%} may be"
    return (
        f"Judge not reliable. {found.wrong:,} of {found.asked - found.missing:,} planted answers "
        f"{'was' if found.wrong == 1 else 'were'} misjudged ({how}){beyond}. → Change the judge or its instruction"
    )


def measured(
    evaluator: str,
    verdict: str,
    *,
    measure: str,
    value: float,
    interval: Interval | None,
    at_least: float,
    answers: int,
) -> str:
    """A measure of a judge against what it must be at least."""
    plausible = "" if interval is None else f", plausibly {interval.low:.2f} to {interval.high:.2f}"
    said = f"{evaluator}: {MEASURES[measure]} is {value:.2f}{plausible} ({_answers(answers)} labelled)"
    if verdict == "pass":
        return f"Pass. {said}, shown to reach {at_least:g}."
    if verdict == "clear":
        return f"Clear. {said}, not below {at_least:g}."
    if value < at_least:
        return f"Judge not reliable. {said}, below the {at_least:g} asked for. → Change the judge or its instruction"
    return f"Not enough evidence. {said}; {at_least:g} is not shown. → Label more answers"


def unlabelled(evaluator: str | None, *, measure: str = "alpha", reason: str = "judge_uncalibrated") -> str:
    """There is nothing to measure a judge by."""
    if evaluator is None:
        return "Not enough evidence. The card has no evaluator the rule asks about. → Name one of the suite"
    if reason in ("one_category", "no_overlap", "table_not_square"):
        return f"{evaluator}: {MEASURES[measure]} is undefined, for every rating is the same."
    return f"{evaluator}: judge not calibrated, no answer has a human label."


def uncalibrated(cohort: str, evaluator: str, *, labels: int, wanted: int) -> str:
    """A rule asks for corrected scores where too few rows are labelled."""
    return (
        f"Judge not calibrated. {place(cohort, evaluator)} has {_rows(labels)} with a human label on both answers; "
        f"{wanted:,} more are needed before its error can be corrected. → Label answers"
    )


def clustered(cohort: str, evaluator: str, *, fewest: int) -> str:
    """A rule asks for corrected scores where the labels lie in too few clusters, or nobody knows in which."""
    return (
        f"Judge not calibrated. Rows of {place(cohort, evaluator)} share clusters, and scores are corrected only where "
        f"labels are known to lie in {fewest} of them or more. → Label answers of further clusters"
    )


def passed(told: Told) -> str:
    return (
        f"Pass. {told.place}: corrected by people's labels the difference is {pp(told.delta, signed=True)} "
        f"(the judge says {pp(told.raw, signed=True)}). We can rule out a loss greater than {limit_pp(told.margin)} "
        f"(worst plausible {beside(told.interval.low, -told.margin)}; {_rows(told.labels)} labelled)."
    )


def failed(told: Told) -> str:
    return (
        f"Fail. {told.place} lost {pp(-told.delta)} once corrected by people's labels (the judge says "
        f"{pp(told.raw, signed=True)}); even the kindest reading is {beside(told.interval.high, -told.margin)}, beyond "
        f"the {limit_pp(told.margin)} limit ({_rows(told.labels)} labelled)."
    )


def insufficient(told: Told, *, wanted: int | None) -> str:
    """Neither shown; ``wanted`` labelled rows would decide for an equal student, None when the loss is over it."""
    more = " The student is behind by more than that; more labels may well end in a fail."
    if wanted is not None:
        more = f" About {wanted:,} labelled rows would decide. → Label answers"
    low, high = (pp(end, signed=True) for end in (told.interval.low, told.interval.high))
    return (
        f"Not enough evidence. {told.place}: corrected by people's labels of {_rows(told.labels)} the difference is "
        f"{pp(told.delta, signed=True)}, plausibly {low} to {high}; the limit is {limit_pp(told.margin)}.{more}"
    )


def missing(cohort: str, evaluator: str, *, absent: int) -> str:
    return (
        f"Not enough evidence. {place(cohort, evaluator)}: {_rows(absent)} without a score of the judge could undo "
        f"what the corrected ones show. → Retry the {absent:,}"
    )


def clear(told: Told, *, noticeable: float) -> str:
    return (
        f"Clear. {told.place}: corrected difference {pp(told.delta, signed=True)} ({_rows(told.labels)} labelled). "
        f"Would have noticed a loss of {pp(noticeable)} or more (80 % chance)."
    )


def _number(count: int) -> str:
    return "one" if count == 1 else f"{count:,}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{count:,} answers"
