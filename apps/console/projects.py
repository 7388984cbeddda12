"""A project's overview: what needs a person now, how each student stands, and the way from nothing to a verdict."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from apps.console import figures
from apps.console.base import Here, page
from apps.console.home import remember
from apps.console.scorecard_rows import CardRow, rows_of
from apps.datasets import queries as datasets
from apps.decisions import queries as decisions
from apps.evals import queries as evals
from apps.kernel import decision as rules
from apps.registry import queries as registry
from apps.scorecards import queries as scorecards
from apps.tenancy.permissions import Permission

CARDS_SHOWN = 8
DUE_SHOWN = 5
OVERRIDE_DAYS = 90


@page("overview")
def overview(here: Here) -> HttpResponse:
    remember(here)
    cards = list(scorecards.listed(here.inside)[:CARDS_SHOWN])
    rows = rows_of(here.inside, cards)
    since = timezone.now() - timedelta(days=OVERRIDE_DAYS)
    ruled = decisions.decisions(here.inside)
    context = {
        "due": _due(here, rows),
        "students": _students(rows),
        "cards": rows,
        "overrides": ruled.filter(kind=rules.OVERRIDE, created_at__gte=since).count(),
        "steps": _steps(here, rows),
        "can_run": here.may(Permission.RUN_EVALS),
    }
    return here.render("console/projects/overview.html", context)


def _due(here: Here, rows: list[CardRow]) -> list[dict[str, Any]]:
    """Running runs, then overrides that wait, then verdicts nobody decided on; the newest first in each."""
    due: list[dict[str, Any]] = [
        {"verdict": None, "text": f"Run #{run.number} is {run.status.lower()}: {run.student} against {run.teacher}.",
         "url": here.url("run", run.number), "label": "Watch"}
        for run in evals.unfinished(here.inside)[:DUE_SHOWN]
    ]  # fmt: skip
    due += [
        {"verdict": "inconclusive", "text": f"Decision #{row.number} is an override and waits for a second person.",
         "url": here.url("decision", row.number), "label": "Open"}
        for row in decisions.waiting(here.inside)[:DUE_SHOWN]
    ]  # fmt: skip
    can_decide = here.may(Permission.DECIDE)
    due += [
        {"verdict": row.verdict, "text": f"Scorecard #{row.number}: {row.student} against {row.teacher}. "
                                         "Nobody has decided yet.",
         "url": here.url("decision_new" if can_decide else "scorecard", row.number),
         "label": "Decide" if can_decide else "Read"}
        for row in rows if row.verdict and row.decision is None
    ][:DUE_SHOWN]  # fmt: skip
    return due


def _students(rows: list[CardRow]) -> list[SimpleNamespace]:
    """Each student by its newest scorecard among those shown."""
    newest: dict[str, CardRow] = {}
    for row in rows:
        newest.setdefault(row.student, row)
    now = timezone.now()
    return [
        SimpleNamespace(
            model=row.student,
            number=row.number,
            verdict=row.verdict,
            worst=row.worst,
            interval=row.interval,
            n=row.n,
            cost_ratio=row.cost_ratio,
            age=figures.age((now - row.created_at).total_seconds()),
        )
        for row in newest.values()
    ]


def _steps(here: Here, rows: list[CardRow]) -> list[dict[str, Any]]:
    """The first-run checklist, ticked from what is there; gone once somebody has decided."""
    if any(row.decision for row in rows):
        return []
    versions = list(registry.versions(here.inside)[:2])
    pinned = [version.is_pinned for version in datasets.versions(here.inside)[:50]]
    newest = rows[0].number if rows else None
    steps = [
        ("Two models", "The teacher that serves today and the student that may replace it.", len(versions) > 1,
         here.url("model_new"), "Register a model"),
        ("Golden rows", "What both are asked, in cohorts, with what a right answer is.", bool(pinned),
         here.url("dataset_new"), "Import a dataset"),
        ("A pinned version", "Evidence needs rows that can no longer change.", any(pinned),
         here.url("datasets"), "Open the datasets"),
        ("A run", "Both answer every row; every answer is scored.", bool(rows) or evals.runs(here.inside).exists(),
         here.url("run_new"), "New run"),
        ("A verdict", "The gate reads the sealed scorecard, cohort by cohort.", any(row.verdict for row in rows),
         here.url("scorecards"), "Open the scorecards"),
        ("A decision", "A person signs what follows from it.", False,
         here.url("decision_new", newest) if newest and here.may(Permission.DECIDE) else "", "Decide"),
    ]  # fmt: skip
    return [
        {"title": title, "text": text, "is_done": is_done, "url": url, "label": label}
        for title, text, is_done, url, label in steps
    ]
