"""Why a finding cannot be judged today, and what is worth knowing about evidence that still can be (§8, §4.12)."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from apps.kernel.sentences.words import place, rows_of

AGAIN = "→ Run again"


class Changed(Protocol):
    """What a sentence needs of a change; ``since`` is an ISO date."""

    @property
    def then(self) -> str: ...
    @property
    def now(self) -> str: ...
    @property
    def since(self) -> str: ...
    @property
    def evaluator(self) -> str | None: ...


class Window(Protocol):
    """Days of live traffic as ISO dates."""

    @property
    def since(self) -> str: ...
    @property
    def until(self) -> str: ...


class Live(Protocol):
    """The newest window of live traffic, and the one before it."""

    @property
    def newest(self) -> Window: ...
    @property
    def earlier(self) -> Window | None: ...


def too_old(days: int, *, at_most: float) -> str:
    return f"Out of date. This card is {days:,} days old; the policy takes cards of at most {at_most:g} days. {AGAIN}"


def drifted(*, psi: float, p: float) -> str:
    return (
        f"Out of date. The mix of cohorts in live traffic has moved (PSI {psi:.2f}, {chance(p)}). {AGAIN} on new rows"
    )


def content_drifted(live: Live) -> str:
    earlier = "" if live.earlier is None else f"{days(live.earlier)} and "
    return (
        f"Out of date. Live traffic asks other things than the golden rows, in two windows running: {earlier}"
        f"{days(live.newest)}. {AGAIN} on new rows"
    )


def content_moving(live: Live) -> str:
    return (
        f"Live traffic of {days(live.newest)} asks other things than the golden rows do; a second window running "
        "makes this card out of date. → Draw new rows"
    )


def much_is_new(live: Live, *, share: float) -> str:
    return (
        f"{100 * share:.0f} % of live rows of {days(live.newest)} are unlike any golden row; 5 % would be no surprise. "
        "→ Draw new rows"
    )


def changed(kind: str, change: Changed, cohort: str) -> str:
    """The sentence of §8 for something that is another one now."""
    on = day(change.since)
    if kind == "teacher":
        said = f"The teacher changed from {change.then} to {change.now} on {on}; this card compares with {change.then}."
    elif kind == "dataset":
        said = f"{change.now} was pinned on {on}; this card was measured on {change.then}."
    elif kind == "price":
        said = f"The prices of {change.now} changed on {on}; the costs on this card were counted with those of before."
    elif kind == "judge":
        said = f"{place(cohort, change.evaluator)}: the judge changed from {change.then} to {change.now} on {on}."
    else:
        said = f"{place(cohort, change.evaluator)}: the evaluator is now version {change.now}, then {change.then}."
    return f"Out of date. {said} {AGAIN}"


def contaminated(*, rows: int, compared: int, at_most: float) -> str:
    return (
        f"Contaminated. {_stand(rows, compared)} ({100 * rows / compared:.1f} %), more than the {at_most * 100:g} % "
        "that is tolerated. → Replace them and run again"
    )


def rests_on_contaminated(cohort: str, evaluator: str | None, *, rows: int, verdict: str, without: str) -> str:
    return (
        f"Contaminated. {place(cohort, evaluator)}: {verdict} with all rows, {without} without the "
        f"{rows_of(rows)} that the student was trained on. → Replace them and run again"
    )


def selection_run() -> str:
    return (
        "Not evidence. This run chose golden rows, and rows chosen by what the teacher scored make an equal student "
        "look worse. → Freeze the rows and run again"
    )


def looked_at_often(version: str, *, gates: int) -> str:
    return (
        f"Selection by looking: {gates:,} verdicts rested on {version} before this one, and students chosen by its "
        "rows pass on them more easily than on fresh ones. → Replace 30 % of the rows"
    )


def golden_old(version: str, *, days: int) -> str:
    return f"{version} was pinned {days:,} days ago; traffic may ask other things by now. → Draw new rows"


def too_easy(evaluator: str, *, teacher: float, discordance: float) -> str:
    return (
        f"{evaluator} is too easy: it cannot tell models apart (teacher {teacher:.3f}, {100 * discordance:.1f} % of "
        "rows differ). → Add harder rows"
    )


def policy_superseded(change: Changed) -> str:
    return f"{change.then} is not the newest version of its policy: {change.now} stands since {day(change.since)}."


def few_contaminated(*, rows: int, compared: int) -> str:
    return f"{_stand(rows, compared)}; every score rule was asked without them as well."


def chance(p: float) -> str:
    """A p-value as it is read: "p 0.034", "p < 0.001"."""
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"


def days(window: Window) -> str:
    """ "1 Nov 2026" or "1 Nov 2026 to 14 Nov 2026"."""
    return day(window.since) if window.since == window.until else f"{day(window.since)} to {day(window.until)}"


def day(iso: str) -> str:
    """ "2026-11-03" is "3 Nov 2026"."""
    when = date.fromisoformat(iso)
    return f"{when.day} {when:%b %Y}"


def _stand(rows: int, compared: int) -> str:
    return f"{rows:,} of {rows_of(compared)} {'stands' if rows == 1 else 'stand'} in the student's training corpus too"
