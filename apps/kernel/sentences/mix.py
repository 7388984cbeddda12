"""What is said of a global figure that the mix of cohorts moved."""

from __future__ import annotations

from apps.kernel.sentences.words import pp


def hidden(evaluator: str, cohort: str, *, whole: float, delta: float, share: float) -> str:
    """A cohort that lost although the global figure did not; ``share`` is its part of traffic, 0 to 1."""
    return (
        f"{evaluator}: {pp(whole, signed=True)} on all traffic hides {pp(delta, signed=True)} in {cohort} "
        f"({100 * share:.1f} % of traffic)."
    )


def by_rows(evaluator: str, *, golden: float, live: float, mix: float) -> str:
    return (
        f"{evaluator}: by share of rows the difference would read {pp(golden, signed=True)}, by traffic it is "
        f"{pp(live, signed=True)}; the mix of cohorts makes {pp(mix, signed=True)} of that."
    )


def by_live_traffic(evaluator: str, *, golden: float, live: float, mix: float) -> str:
    return (
        f"{evaluator}: {pp(golden, signed=True)} by the weights of the card, {pp(live, signed=True)} by live traffic; "
        f"the mix of cohorts makes {pp(mix, signed=True)} of that."
    )
