"""Runs: the list, a new one with its estimate, the page of one, and cancelling."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from django.http import HttpResponse

from apps.audit import queries as audit
from apps.console import baselines, figures
from apps.console.base import FORM, Here, page, tried
from apps.console.run_form import NewRun, estimated, start
from apps.console.run_words import live
from apps.evals import queries
from apps.kernel import lifecycle
from apps.kernel.errors import DistillHubError
from apps.scorecards import queries as scorecards
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.evals.models import EvalRun

SUBJECT, EVIDENCE = "evals.evalrun", "evidence"


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
                planned=2 * run.repeats * run.example_count,
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
        **_names(row),
        policy=row.policy_slug,
        plan_digest=row.plan_digest,
        terms=_terms(row),
        is_selection=row.is_selection,
    )
    context = {
        "run": facts,
        "live": live(row),
        "can_run": here.may(Permission.RUN_EVALS),
        "can_freeze": row.is_selection and row.status == lifecycle.COMPLETED and here.may(Permission.EDIT_DATASETS),
        "frozen": baselines.frozen_from(row) if row.is_selection else [],
        "trail": list(audit.trail_of(SUBJECT, row.pk)),
    }
    return here.render("console/evals/detail.html", context, leaf=f"#{row.number}")


def _terms(run: EvalRun) -> list[str]:
    """How this run differs from the usual one, in words."""
    terms = {
        "a selection run: it only chooses rows": run.purpose != EVIDENCE,
        f"every row answered {run.repeats} times": run.repeats > 1,
        f"sampling seed {run.seed}": run.seed is not None,
        f"budget {figures.usd(run.budget_usd)}": run.budget_usd is not None,
        "earlier answers reused": run.reuse_answers,
        "divergence in bits per byte": bool(run.divergence),
        "a retry of what failed before": run.retry_of is not None,
    }
    return [words for words, is_so in terms.items() if is_so]


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
