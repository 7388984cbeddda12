"""A run while it goes on: how far it has come in words, as a part of its page and as a stream of events."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.template.loader import render_to_string

from apps.audit import queries as audit
from apps.console import figures
from apps.console.base import GET, Here, page
from apps.console.run_control import acts_of
from apps.evals import queries
from apps.inference import errors
from apps.kernel import budget, lifecycle
from apps.scorecards import queries as scorecards
from apps.tenancy import streaming

if TYPE_CHECKING:
    from apps.evals.models import EvalRun

PART = "console/evals/_progress.html"
FAULT_WORDS = {
    **errors.WORDS,
    "input_missing": "a row has nothing to ask a model",
    "worker_lost": "a worker was lost with it too often",
}


@page("runs")
def run_progress(here: Here, number: str) -> HttpResponse:
    """The part that changes. Where its page offers the wrong buttons by now, the whole page is asked for."""
    now = live(queries.run(here.inside, number))
    response = HttpResponse(_part(here, now))
    if here.request.GET.get("acts", now.acts) != now.acts:
        response["HX-Refresh"] = "true"
    return response


@page("runs", methods=GET)
def run_events(here: Here, number: str) -> HttpResponse:
    """The same part as events: ``progress`` whenever it changed, ``done`` when it cannot change any more."""
    queries.run(here.inside, number)

    def look() -> streaming.Look:
        now = live(queries.run(here.inside, number))
        return streaming.Look("progress" if now.is_watched else "done", _part(here, now), is_last=not now.is_watched)

    return streaming.answer(here.request, here.entered_again, look)


def live(run: EvalRun) -> SimpleNamespace:
    """How far a run has come, in words. ``acts`` is what its heading offers: a page made for others is stale."""
    progress = queries.progress(run)
    rate = progress.examples_per_second
    card = scorecards.numbers_of([run.pk]).get(run.pk)
    return SimpleNamespace(
        number=run.number,
        status=progress.status,
        is_final=progress.is_final,
        # A completed run is watched until its scorecard is sealed: that is what everybody waits for.
        is_watched=not progress.is_final or (progress.status == lifecycle.COMPLETED and card is None),
        acts=" ".join((*acts_of(run, has_faults=bool(progress.faults)), *(("open",) if card is not None else ()))),
        reason=_reason(run),
        answered=progress.answered,
        planned=progress.planned_answers,
        scored=progress.scored,
        missing=progress.missing,
        examples=progress.examples,
        spend=figures.usd(progress.spend_usd),
        projected=figures.usd(progress.projected_usd) if progress.projected_usd is not None else "",
        unpriced=progress.unpriced_answers,
        left=figures.duration(progress.seconds_left) if progress.seconds_left is not None else "",
        rate=f"{rate:.1f} rows/s" if rate else "",
        problems=[
            {"words": FAULT_WORDS.get(fault, fault.replace("_", " ")), "count": count}
            for fault, count in sorted(progress.faults.items(), key=lambda item: -item[1])
        ],
        summary=_summary(run, progress, card),
        scorecard=card,
    )


def _reason(run: EvalRun) -> str:
    """Why a run stands still: the budget, or who paused it and what she said."""
    if run.status != lifecycle.PAUSED:
        return ""
    if run.paused_because == budget.BUDGET_SPENT:
        return f"The next call does not fit into the budget of {figures.usd(run.budget_usd)}."
    paused = audit.trail_of("evals.evalrun", run.pk).filter(event="eval_run.paused").last()
    if paused is None:
        return ""
    said = json.loads(bytes(paused.payload)).get("because", "")
    return f"Paused by {paused.actor_label}" + (f": {said}" if said else ".")


def _part(here: Here, now: SimpleNamespace) -> str:
    context = {"org": here.org, "project": here.project, "live": now, "is_partial": True}
    return render_to_string(PART, context, request=here.request)


def _summary(run: EvalRun, progress: queries.Progress, card: int | None) -> str:
    if card is not None:
        return f"Run #{run.number} is complete: scorecard #{card} is sealed."
    if progress.is_final:
        return f"Run #{run.number} is {progress.status.lower()}."
    return f"Run #{run.number} is {progress.status.lower()}: {int(progress.share_done * 10) * 10} % answered."
