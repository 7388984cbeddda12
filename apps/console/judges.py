"""How a run's judges were checked, and the anchors that later runs hold them against."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse

from apps.console import figures
from apps.console.base import FORM, Here, page, tried
from apps.console.forms import Reference
from apps.evals import queries as evals
from apps.evaluators import queries as evaluators
from apps.kernel.errors import DistillHubError
from apps.kernel.evaluators import anchors, planted
from apps.kernel.gate.judge_rules import drifted
from apps.kernel.sentences.anchors import steady
from apps.labels import anchoring, checks
from apps.scorecards import queries as scorecards
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.evals.models import EvalRun
    from apps.evaluators.models import AnchorSet
    from apps.kernel.scorecard import Anchors, Planted

NOT_YET = "Not asked about any yet."


class NewAnchors(forms.Form):
    evaluator = Reference(label="Evaluator")
    rows = forms.IntegerField(
        label="Answers",
        initial=anchors.USUAL,
        help_text=f"{anchors.FEWEST} to {anchors.MOST}. Each later run asks the judge about all of them again.",
    )
    because = forms.CharField(
        label="Reason", required=False, max_length=2000,
        help_text="Only where anchors stand already: why the judge as it is now is to be trusted.",
    )  # fmt: skip


@page("runs", methods=FORM)
def run_judges(here: Here, number: str) -> HttpResponse:
    """What planted answers and anchors say of each judge. A posted form draws anchors."""
    run = evals.run(here.inside, number)
    form = NewAnchors(here.request.POST or None)
    names = [entry["name"] for entry in checks.judges(run)]
    form.fields["evaluator"].offer((name, name) for name in names)
    error = None
    if here.request.method == "POST":
        require(Permission.EDIT_EVALUATORS)
    if here.request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        made = tried(
            lambda: anchoring.draw(run, evaluator=asked["evaluator"], size=asked["rows"], because=asked["because"])
        )
        if not isinstance(made, DistillHubError):
            said = (
                f"{made.size:,} answers are the anchors of {made.evaluator}. Runs started from now on ask about them."
            )
            return here.redirect("run_judges", run.number, say=said)
        error = made
    card = scorecards.of_run(run)
    context = {
        "run": SimpleNamespace(number=run.number, student=str(run.student), teacher=str(run.teacher)),
        "card": None if card is None else card.number,
        "judges": _judges(run),
        "form": form if names and card is not None and here.may(Permission.EDIT_EVALUATORS) else None,
        "error": error,
    }
    return here.render("console/labels/judges.html", context, leaf=f"#{run.number} judges")


def _judges(run: EvalRun) -> list[SimpleNamespace]:
    asked, again = checks.planted_of(run), checks.anchors_of(run)
    return [
        SimpleNamespace(
            name=entry["name"],
            planted=_planted(asked.get(entry["name"])),
            anchors=_again(again.get(entry["name"])),
            current=_current(run, entry),
        )
        for entry in checks.judges(run)
    ]


def _planted(found: Planted | None) -> SimpleNamespace:
    if found is None:
        return SimpleNamespace(words=NOT_YET, is_bad=False)
    missing = f", {found.missing:,} without a verdict" if found.missing else ""
    words = f"{figures.plural(found.asked, 'answer')} asked about, {found.wrong:,} misjudged{missing}."
    return SimpleNamespace(words=words, is_bad=planted.is_distrusted(found))


def _again(found: Anchors | None) -> SimpleNamespace:
    if found is None:
        return SimpleNamespace(words="No anchors stood when this run was started.", is_bad=False)
    drift, sentence = anchors.drift_of(found), drifted(found)
    words = sentence or steady(judged=drift.judged, flips=drift.flips, drawn_on=found.drawn_on)
    return SimpleNamespace(words=words, is_bad=sentence is not None)


def _current(run: EvalRun, entry: Mapping[str, Any]) -> SimpleNamespace | None:
    found: AnchorSet | None = evaluators.anchors_of(run.project_id, anchors.judge_digest(entry))
    if found is None:
        return None
    return SimpleNamespace(
        revision=found.revision, size=figures.plural(found.size, "answer"), run=found.run_number,
        created_at=found.created_at, told=found.told, because=found.because, digest=found.digest,
    )  # fmt: skip
