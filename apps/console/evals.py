"""Runs: the list, a new one with its estimate, the live page, and cancelling."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from django.http import HttpResponse

from apps.audit import queries as audit
from apps.console import baselines, figures
from apps.console.base import FORM, POST, Here, page, tried
from apps.console.run_form import NewRun, estimated, start
from apps.evals import actions, queries
from apps.evals import progress as progresses
from apps.inference import errors
from apps.kernel import lifecycle
from apps.kernel.errors import DistillHubError
from apps.scorecards import queries as scorecards
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.evals.models import EvalRun

SUBJECT = "evals.evalrun"
FAULT_WORDS = {
    **errors.WORDS,
    "input_missing": "a row has nothing to ask a model",
    "worker_lost": "a worker was lost with it too often",
}


@page("runs")
def runs(here: Here) -> HttpResponse:
    shown = here.page_of(queries.runs(here.inside))
    ids = [run.pk for run in shown]
    totals, cards = queries.totals_of(ids), scorecards.numbers_of(ids)
    rows = []
    for run in shown:
        answered, spend = totals.get(run.pk, (0, None))
        rows.append(
            SimpleNamespace(
                **_names(run),
                status=run.status,
                is_selection=run.is_selection,
                answered=answered,
                planned=2 * run.example_count,
                spend=figures.usd(spend),
                scorecard=cards.get(run.pk),
            )
        )
    context = {"runs": rows, "page_obj": shown, "can_run": here.may(Permission.RUN_EVALS)}
    return here.render("console/evals/list.html", context)


@page("runs", needs=Permission.RUN_EVALS, methods=FORM)
def run_new(here: Here) -> HttpResponse:
    """The first step only counts; the second starts. Either is refused for the same reasons."""
    form = NewRun(here.request.POST or None)
    form.offer(here)
    context: dict[str, object] = {"form": form}
    if here.request.method == "POST" and form.is_valid():
        if here.request.POST.get("step") == "estimate":
            outcome = tried(lambda: estimated(here, form.cleaned_data))
            context["error" if isinstance(outcome, DistillHubError) else "estimate"] = outcome
        else:
            run = tried(lambda: start(here, form.cleaned_data))
            if not isinstance(run, DistillHubError):
                return here.redirect("run", run.number, say=f"Run #{run.number} has started.")
            context["error"] = run
    return here.render("console/evals/new.html", context, leaf="New run")


@page("runs")
def run(here: Here, number: str) -> HttpResponse:
    row = queries.run(here.inside, number)
    facts = SimpleNamespace(
        **_names(row), policy=row.policy_slug, plan_digest=row.plan_digest, is_selection=row.is_selection
    )
    context = {
        "run": facts,
        "live": live(row),
        "can_cancel": here.may(Permission.RUN_EVALS),
        "can_freeze": row.is_selection and row.status == lifecycle.COMPLETED and here.may(Permission.EDIT_DATASETS),
        "frozen": baselines.frozen_from(row) if row.is_selection else [],
        "trail": list(audit.trail_of(SUBJECT, row.pk)),
    }
    return here.render("console/evals/detail.html", context, leaf=f"#{row.number}")


@page("runs")
def run_progress(here: Here, number: str) -> HttpResponse:
    row = queries.run(here.inside, number)
    now = live(row)
    response = here.render(
        "console/evals/_progress.html", {"run": {"number": row.number}, "live": now, "is_partial": True}
    )
    if not now.is_watched:
        # The heading has its button only on a fresh page.
        response["HX-Refresh"] = "true"
    return response


@page("runs", needs=Permission.RUN_EVALS, methods=POST)
def run_cancel(here: Here, number: str) -> HttpResponse:
    row = actions.cancel_run(queries.run(here.inside, number), because="cancelled on its page")
    return here.redirect("run", row.number, say=f"Run #{row.number} is cancelled; what was answered is kept.")


def live(run: EvalRun) -> SimpleNamespace:
    """How far a run has come, in words."""
    progress = progresses.progress(run)
    rate = progress.examples_per_second
    card = scorecards.numbers_of([run.pk]).get(run.pk)
    return SimpleNamespace(
        status=progress.status,
        is_final=progress.is_final,
        # A completed run is watched until its scorecard is sealed: that is what everybody waits for.
        is_watched=not progress.is_final or (progress.status == lifecycle.COMPLETED and card is None),
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


def _summary(run: EvalRun, progress: progresses.Progress, card: int | None) -> str:
    if card is not None:
        return f"Run #{run.number} is complete: scorecard #{card} is sealed."
    if progress.is_final:
        return f"Run #{run.number} is {progress.status.lower()}."
    return f"Run #{run.number} is {progress.status.lower()}: {int(progress.share_done * 10) * 10} % answered."


def _names(run: EvalRun) -> dict[str, object]:
    return {
        "number": run.number,
        "student": str(run.student),
        "teacher": str(run.teacher),
        "dataset": str(run.dataset_version),
        "suite": str(run.suite_version),
        "started_by": run.started_by,
        "created_at": run.created_at,
    }
