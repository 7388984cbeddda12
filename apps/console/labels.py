"""Labels of a run: what there is, files, a blind sample one answer at a time, and the card that takes them in."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect

from apps.console import figures
from apps.console.base import FORM, POST, Here, page, tried
from apps.console.forms import FILE_HELP, Reference, part
from apps.console.uploads import rows_of
from apps.evals import queries as evals
from apps.gates import actions as gate_actions
from apps.gates import queries as gates
from apps.kernel.errors import DistillHubError, InvalidInput
from apps.kernel.evaluators import catalogue
from apps.kernel.reading.labels import parse_labels
from apps.labels import actions, queries
from apps.scorecards import actions as scorecard_actions
from apps.scorecards import assemble
from apps.scorecards import queries as scorecards
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.evals.models import EvalRun, Generation
    from apps.labels.models import LabelSample

SAMPLE_ROWS = 60
# A model's own words about itself would unblind whoever labels.
HIDDEN = frozenset({"meta", "cohort", "high_value", "traffic_weight"})
LABELS = {"1": 1.0, "0": 0.0}


class NewLabels(forms.Form):
    file = part("", forms.FileField(required=False, allow_empty_file=True, help_text=FILE_HELP), is_asked=True)


class NewSample(forms.Form):
    evaluator = Reference(label="Evaluator")
    rows = forms.IntegerField(
        initial=SAMPLE_ROWS,
        help_text="Rows drawn at random, some of each cohort and more of high-value ones; each has two answers.",
    )


@page("runs", methods=FORM)
def run_labels(here: Here, number: str) -> HttpResponse:
    """What labels a run has. A posted form draws a sample."""
    run = evals.run(here.inside, number)
    form = NewSample(here.request.POST or None)
    form.fields["evaluator"].offer((name, name) for name in queries.evaluators_of(run))
    error = None
    if here.request.method == "POST":
        require(Permission.RUN_EVALS)
    if here.request.method == "POST" and form.is_valid():
        made = tried(lambda: actions.draw_sample(run, **form.cleaned_data))
        if not isinstance(made, DistillHubError):
            return here.redirect("label_next", run.number, made.public_id)
        error = made
    return _labels(here, run, {"form": form, "error": error})


@page("runs", needs=Permission.RUN_EVALS, methods=POST)
def labels_import(here: Here, number: str) -> HttpResponse:
    run = evals.run(here.inside, number)
    done = tried(lambda: actions.import_labels(run, parse_labels(rows_of(here.request))))
    if isinstance(done, DistillHubError):
        form = NewSample()
        form.fields["evaluator"].offer((name, name) for name in queries.evaluators_of(run))
        return _labels(here, run, {"form": form, "error": done, "is_import": True})
    said = f"{done.new:,} labels are new, {done.superseding:,} supersede older ones, {done.unchanged:,} stood already."
    return here.redirect("run_labels", run.number, say=said)


@page("runs", needs=Permission.RUN_EVALS, methods=FORM)
def label_next(here: Here, number: str, sample: str) -> HttpResponse:
    """One answer at a time, and nothing that tells whose it is or what the judge said of it."""
    run = evals.run(here.inside, number)
    drawn = queries.sample(run, sample)
    if here.request.method == "POST":
        posted = here.request.POST
        value, place = LABELS.get(posted.get("label", "")), _place(posted.get("place"))
        if value is not None:
            actions.give_label(drawn, _answer_at(drawn, posted.get("place")), value=value, note=posted.get("note", ""))
        elif posted.get("label") != "skip":
            raise InvalidInput("Choose pass, fail or skip.", code="label_out_of_range", where={"field": "label"})
        return redirect(f"{here.url('label_next', run.number, drawn.public_id)}?after={place + 1}")
    labeller = here.who.actor.label
    found = queries.next_answer(drawn, labeller=labeller, after=_place(here.request.GET.get("after")))
    context = {
        "run": SimpleNamespace(number=run.number),
        "sample": SimpleNamespace(evaluator=drawn.evaluator, rows=drawn.row_count, ref=drawn.public_id),
        "question": _question(run, drawn),
        "answer": None if found is None else _shown(*found),
        "progress": _progress(drawn, labeller),
    }
    return here.render("console/labels/next.html", context, leaf=f"#{run.number} labels")


@page("runs", needs=Permission.RUN_EVALS, methods=POST)
def run_reseal(here: Here, number: str) -> HttpResponse:
    """A card of the labels given since; the gate that the run names is asked about it at once."""
    run = evals.run(here.inside, number)
    before = scorecards.of_run(run)
    card = scorecard_actions.reseal(run, assemble.card_of(run))
    if run.policy_slug:
        gate_actions.decide(card, version=gates.policy_version(here.inside, run.policy_slug))
    if before is not None and before.pk == card.pk:
        return here.redirect("scorecard", card.number, say="No label is new since this scorecard was sealed.")
    return here.redirect("scorecard", card.number, say=f"Scorecard #{card.number} takes in the labels given since.")


def _labels(here: Here, run: EvalRun, more: dict[str, Any]) -> HttpResponse:
    card = scorecards.of_run(run)
    counted = queries.tally(run)
    context = {
        "run": SimpleNamespace(number=run.number, student=str(run.student), teacher=str(run.teacher)),
        "evaluators": [
            SimpleNamespace(
                name=name,
                labels=figures.count(counted[name].labels),
                labellers=figures.count(counted[name].labellers),
                rows=figures.count(counted[name].rows),
                lacking=_lacking(counted[name].lacking),
            )
            for name in queries.evaluators_of(run)
            if name in counted
        ],
        "samples": [
            SimpleNamespace(
                ref=one.public_id,
                evaluator=one.evaluator,
                rows=figures.plural(one.row_count, "row"),
                created_at=one.created_at,
                progress=_progress(one, here.who.actor.label),
            )
            for one in queries.samples(run)
        ],
        "can_label": here.may(Permission.RUN_EVALS) and card is not None,
        "card": None if card is None else card.number,
        "import_form": NewLabels(),
        **more,
    }
    return here.render("console/labels/list.html", context, leaf=f"#{run.number} labels")


def _progress(sample: LabelSample, labeller: str) -> SimpleNamespace:
    found = queries.progress(sample, labeller=labeller)
    said = f"{found.labelled:,} of {found.answers:,} answers labelled by you; {_lacking(found.rows_lacking)}."
    return SimpleNamespace(labelled=found.labelled, answers=found.answers, words=said)


def _lacking(rows: int) -> str:
    if not rows:
        return "enough rows are labelled; each cohort needs at least five"
    return f"{figures.plural(rows, 'more row')} until the judge can be corrected"


def _shown(place: int, answer: Generation) -> SimpleNamespace:
    content = answer.example.content
    return SimpleNamespace(
        place=place,
        output=answer.output or "",
        parts=[
            SimpleNamespace(name=name, text=_words(value))
            for name, value in content.items()
            if name not in HIDDEN and value not in (None, "", [])
        ],
    )


def _question(run: EvalRun, sample: LabelSample) -> str:
    """What the evaluator asks its judge, so that people answer the same question; "" for one that asks nobody."""
    entry = next(one for one in run.suite_version.entries if one["name"] == sample.evaluator)
    instruction = str(entry["settings"].get("instruction", "")).strip()
    asked = str(getattr(catalogue.get(entry["kind"]), "question", ""))
    return " ".join(part for part in (asked, instruction) if part)


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def _place(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 8 else 0


def _answer_at(sample: LabelSample, text: str | None) -> UUID:
    """By its place: an answer's id is made of time, and would tell in which order the models answered."""
    ids = sample.generation_ids
    if not text or not text.isascii() or not text.isdigit() or len(text) > 7 or int(text) >= len(ids):
        raise InvalidInput("This answer is not in the sample.", code="not_in_sample", where={"field": "place"})
    return UUID(ids[int(text)])
