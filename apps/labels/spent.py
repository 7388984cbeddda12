"""How far a run has come, with what its judges cost for planted answers: two rooms asked at once, for the doors."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Sum

from apps.evals import progress as evals
from apps.evals.models import JUDGING, EvalRun
from apps.labels.models import PlantedVerdict


def progress(run: EvalRun) -> evals.Progress:
    """One query more than the run's own, and none more where no judge is asked, for nothing is planted there.

    ``planted_usd`` is at list price; verdicts without a price are left out.
    """
    now = evals.progress(run)
    if JUDGING not in (now.stages or {}):
        return replace(now, planted_usd=evals.NOTHING)
    planted = PlantedVerdict.objects.filter(run=run).aggregate(usd=Sum("judge_cost_usd", default=evals.NOTHING))
    return replace(now, planted_usd=planted["usd"])
