"""How far a run has come, with what checking its judges costs: two rooms asked at once, for the doors."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Sum

from apps.evals import progress as evals
from apps.evals.models import JUDGING, EvalRun
from apps.labels.models import AnchorVerdict, PlantedVerdict


def progress(run: EvalRun) -> evals.Progress:
    """Two queries more than the run's own, and none more where no judge is asked, for nothing is checked there.

    ``planted_usd`` and ``checking_usd``, which adds anchors, are at list price; verdicts without a price are left out.
    """
    now = evals.progress(run)
    if JUDGING not in (now.stages or {}):
        return replace(now, planted_usd=evals.NOTHING, checking_usd=evals.NOTHING)
    planted, again = (
        model.objects.filter(run=run).aggregate(usd=Sum("judge_cost_usd", default=evals.NOTHING))["usd"]
        for model in (PlantedVerdict, AnchorVerdict)
    )
    return replace(now, planted_usd=planted, checking_usd=planted + again)
