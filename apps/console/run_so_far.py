"""Figures of a run that goes on, by cohort and side, for its page: to watch it by, not to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

from apps.console import figures
from apps.evals.progress import Progress
from apps.evals.so_far import MeanSoFar, SideSoFar
from apps.kernel import lifecycle

# A completed run has its scorecard: figures of a part have nothing to add to it.
SHOWN_IN = (lifecycle.RUNNING, lifecycle.PAUSED, lifecycle.CANCELLED, lifecycle.FAILED)


def so_far(now: Progress) -> SimpleNamespace | None:
    """``evaluators`` names the columns; each row has as many ``means``. None before the first answer, and at the end.

    Only primary evaluators have a column; ``others`` says how many more there are.
    """
    if now.status not in SHOWN_IN or not now.answered:
        return None
    names = _names(now.cohorts, is_primary=True)
    others = len(_names(now.cohorts, is_primary=False))
    return SimpleNamespace(
        evaluators=names,
        others=figures.plural(others, "secondary evaluator") if others else "",
        cohorts=[
            SimpleNamespace(name=cohort, sides=[_row(one, names) for one in now.cohorts if one.cohort == cohort])
            for cohort in dict.fromkeys(one.cohort for one in now.cohorts)
        ],
    )


def _names(sides: Sequence[SideSoFar], *, is_primary: bool) -> list[str]:
    """In the suite's order, which every cohort keeps."""
    found = [score.evaluator for one in sides for score in one.scores if score.is_primary is is_primary]
    return list(dict.fromkeys(found))


def _row(side: SideSoFar, names: Sequence[str]) -> SimpleNamespace:
    means = {score.evaluator: score for score in side.scores}
    return SimpleNamespace(
        role=side.role,
        answered=figures.count(side.answered),
        planned=figures.count(side.planned),
        missing=figures.count(side.missing) if side.missing else "",
        spend=figures.usd(side.spend_usd),
        means=[_mean(means.get(name)) for name in names],
    )


def _mean(score: MeanSoFar | None) -> SimpleNamespace:
    """``of`` is how many answers the mean is of; "" where this evaluator does not look at the cohort."""
    if score is None:
        return SimpleNamespace(value="", of="")
    return SimpleNamespace(value=figures.score(score.mean), of=figures.count(score.scored))
