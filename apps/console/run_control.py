"""What a person may do to a run: pause it at once; resume, cancel and retry it after a page that says what follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse

from apps.console import figures
from apps.console.base import FORM, POST, Here, page, tried
from apps.console.forms import Text, part
from apps.evals import actions, queries
from apps.kernel import budget, lifecycle
from apps.kernel.errors import DistillHubError
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.evals.models import EvalRun

REASON_LENGTH = 500


class Reason(forms.Form):
    reason = Text(rows=2, required=False, max_length=REASON_LENGTH, help_text="Kept in the trail beside your name.")


class Resuming(Reason):
    budget_usd = forms.DecimalField(
        label="Budget in US dollars", required=False, max_digits=18, decimal_places=9,
        help_text="Of the whole run, what it has spent included. Empty: as it is.",
    )  # fmt: skip
    field_order = ("budget_usd", "reason")


class Raising(Resuming):
    budget_usd = part(
        "",
        forms.DecimalField(
            label="New budget in US dollars", required=False, max_digits=18, decimal_places=9,
            help_text="Of the whole run, what it has spent included.",
        ),
        is_asked=True,
    )  # fmt: skip


def acts_of(run: EvalRun, *, has_faults: bool) -> tuple[str, ...]:
    """What the state of a run lets a person do, in the order of its buttons."""
    if run.status == lifecycle.COMPLETED:
        return ("retry",) if has_faults else ()
    if lifecycle.is_final("evals.evalrun", run.status):
        return ()
    first = ("resume",) if run.status == lifecycle.PAUSED else ("pause",)
    return (*first, *(("retry",) if has_faults else ()), "cancel")


@page("runs", needs=Permission.RUN_EVALS, methods=POST)
def run_pause(here: Here, number: str) -> HttpResponse:
    run = actions.pause_run(queries.run(here.inside, number))
    return here.redirect("run", run.number, say=f"Run #{run.number} is paused; answers on their way are kept.")


@page("runs", needs=Permission.RUN_EVALS, methods=FORM)
def run_resume(here: Here, number: str) -> HttpResponse:
    run = queries.run(here.inside, number)
    is_spent = run.paused_because == budget.BUDGET_SPENT

    def resume(asked: dict[str, Any]) -> str:
        actions.resume_run(run, because=asked["reason"], budget_usd=asked["budget_usd"])
        return f"Run #{run.number} goes on."

    used = figures.usd(run.spent_usd + run.reserved_usd)
    told = [f"Its budget of {figures.usd(run.budget_usd)} is spent: up to {used} is gone. Give it a larger one."]
    usual = ["It goes on where it stopped; nothing that was answered is asked again."]
    if is_spent:
        return _asked(here, run, "Resume", Raising, resume, told)
    return _asked(here, run, "Resume", Resuming, resume, usual)


@page("runs", needs=Permission.RUN_EVALS, methods=FORM)
def run_cancel(here: Here, number: str) -> HttpResponse:
    run = queries.run(here.inside, number)

    def cancel(asked: dict[str, Any]) -> str:
        actions.cancel_run(run, because=asked["reason"])
        return f"Run #{run.number} is cancelled; what was answered is kept."

    told = ["It ends for good: no scorecard is sealed and no gate is asked.", "What was answered and spent is kept."]
    return _asked(here, run, "Cancel", Reason, cancel, told)


@page("runs", needs=Permission.RUN_EVALS, methods=FORM)
def run_retry(here: Here, number: str) -> HttpResponse:
    run = queries.run(here.inside, number)
    again: list[EvalRun] = []

    def retry(asked: dict[str, Any]) -> str:
        again.append(actions.retry_failed(run, because=asked["reason"]))
        if again[0].pk == run.pk:
            return f"Run #{run.number} asks again for what failed."
        return f"Run #{again[0].number} takes the good answers of run #{run.number} and asks for the rest."

    told = ["Only answers and verdicts that are missing by a fault are asked for again."]
    if run.status == lifecycle.COMPLETED:
        told.append(f"Run #{run.number} is complete and stays as it is: a new run takes its good answers.")
    return _asked(here, run, "Retry", Reason, retry, told, lands_on=again)


def _asked(
    here: Here,
    run: EvalRun,
    verb: str,
    kind: type[forms.Form],
    act: Callable[[dict[str, Any]], str],
    told: list[str],
    *,
    lands_on: list[EvalRun] | None = None,
) -> HttpResponse:
    """The page that asks first. Refused, it stays and says why; done, it leads to the run that shows it."""
    form = kind(here.request.POST if here.request.method == "POST" else None)
    context: dict[str, object] = {"form": form, "run": {"number": run.number}, "verb": verb, "told": told}
    if here.request.method == "POST" and form.is_valid():
        outcome = tried(lambda: act(form.cleaned_data))
        if not isinstance(outcome, DistillHubError):
            return here.redirect("run", (lands_on or [run])[0].number, say=outcome)
        context["error"] = outcome
    return here.render("console/evals/act.html", context, leaf=f"{verb} run #{run.number}")
