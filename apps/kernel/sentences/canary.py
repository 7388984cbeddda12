"""What is said of a canary: rolled back, frozen, ready, or still watched, with the figures it rests on."""

from __future__ import annotations

from apps.kernel.canary import Reading, Watch
from apps.kernel.canary.reading import MOST_MISSING
from apps.kernel.statistics import split

NAMES = {"quality": "success", "errors": "answered", "latency": "in time"}
FROZEN = {
    "split_broken": "{students:,} of {total:,} conversations went to the student, where a share of {share:.3g} was "
    "meant to; the router, not the model, is broken",
    "missing_differs": "scores are missing more often for one model than for the other",
    "missing_share": "more than {most:g} % of the scores are missing",
}


def told(watch: Watch, reading: Reading) -> str:
    """One or two sentences for a page; the error named is that of the whole canary, over all its guards."""
    if reading.action == "roll_back" and watch.harm is not None:
        harm = watch.harm
        return (
            f"Rolled back after {harm.students:,} student conversations: {_named(harm.guard)} "
            f"{harm.student_mean:.2f} against {harm.teacher_mean:.2f}. Chance of this happening to a student within "
            f"its limits: below {watch.plan.alpha * 100:g} %, however long one watches."
        )
    if reading.action == "freeze":
        return f"Frozen. {_why_frozen(watch, reading)}. Nothing is concluded until somebody has looked."
    if reading.action == "promote":
        shown = ", ".join(
            f"{_named(guard.name)} within {guard.prove_within * 100:g} pp of the teacher's"
            for guard in watch.plan.guards
            if guard.prove_within is not None
        )
        return f"Shown over {watch.hours:.0f} hours and {watch.students:,} student conversations: {shown}."
    return f"Watching. {watch.students:,} student conversations, no harm shown; {_what_is_open(watch, reading)}."


def _why_frozen(watch: Watch, reading: Reading) -> str:
    counted: split.Split = watch.split
    figures = {
        "students": counted.students,
        "total": counted.students + counted.teachers,
        "share": counted.share,
        "most": MOST_MISSING * 100,
    }
    said = "; ".join(FROZEN[reason.code].format(**figures) for reason in reading.reasons)
    return said[0].upper() + said[1:]


def _what_is_open(watch: Watch, reading: Reading) -> str:
    codes = {reason.code for reason in reading.reasons}
    if "nothing_to_prove" in codes:
        return "its plan has nothing to prove, so it is never promoted by itself"
    still = [f"{_named(reason.guard or '')} not yet shown" for reason in reading.reasons if reason.code == "not_shown"]
    if "too_short" in codes:
        still.append(f"{watch.hours:.0f} of {watch.plan.least_hours:g} hours seen")
    return ", ".join(still)


def _named(guard: str) -> str:
    figure, of, cohort = guard.partition(" of ")
    return f"{NAMES[figure]}{of}{cohort}"
