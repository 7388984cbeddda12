"""A run while it goes on: the part of its page that changes, asked for or as a stream of events."""

from __future__ import annotations

from types import SimpleNamespace

from django.http import HttpResponse
from django.template.loader import render_to_string

from apps.console.base import GET, Here, page
from apps.console.run_words import live
from apps.evals import queries
from apps.tenancy import streaming

PART = "console/evals/_progress.html"


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


def _part(here: Here, now: SimpleNamespace) -> str:
    context = {"org": here.org, "project": here.project, "live": now, "is_partial": True}
    return render_to_string(PART, context, request=here.request)
