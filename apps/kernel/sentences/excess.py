"""What a gate says of a cohort that lost more than the others."""

from __future__ import annotations

from apps.kernel.sentences.words import limit_pp, place, pp
from apps.kernel.statistics.interval import Interval


def worth_a_look(
    cohort: str, evaluator: str | None, *, delta: float, interval: Interval, margin: float, alpha: float, claims: int
) -> str:
    """The cohort is shown to lag behind, with the chance that this is said of one that does not."""
    beyond = f" by more than {limit_pp(margin)}" if margin else ""
    return (
        f"Worth a look. {place(cohort, evaluator)} lost {pp(-delta)} more than the other cohorts (plausibly "
        f"{pp(-interval.high)} to {pp(-interval.low)}), worse{beyond}. Chance of a false alarm among "
        f"{_looked(claims)}: at most {alpha * 100:g} %. This fails nothing: "
        "what the cohort may lose is said by its own limit."
    )


def like_the_rest(
    cohort: str, evaluator: str | None, *, delta: float, interval: Interval, margin: float, alpha: float, claims: int
) -> str:
    beyond = f" by more than {limit_pp(margin)}" if margin else ""
    return (
        f"Clear. {place(cohort, evaluator)}: {pp(delta, signed=True)} against the other cohorts (plausibly "
        f"{pp(interval.low, signed=True)} to {pp(interval.high, signed=True)}): not shown to be worse{beyond} among "
        f"{_looked(claims)}, at a chance of a false alarm of {alpha * 100:g} %."
    )


def not_compared(cohort: str, evaluator: str | None) -> str:
    return f"Clear. {place(cohort, evaluator)}: there are no other cohorts with scores to compare with."


def _looked(claims: int) -> str:
    return "1 figure looked at" if claims == 1 else f"{claims:,} figures looked at together"
