"""Scorecards: the list, the page of one, and its report to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from apps.console import around, comparison, judge_panel, live_mix, scorecard_order, scorecard_page, traffic
from apps.console.base import POST, Here, page
from apps.console.scorecard_rows import decided, rows_of
from apps.decisions import queries as decisions
from apps.gates import actions as gate_actions
from apps.gates import queries as gates
from apps.kernel import digest, display_order
from apps.scorecards import queries
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.gates.models import GateDecision
    from apps.scorecards.models import Scorecard

COLUMNS = (
    "cohort", "evaluator", "n", "teacher", "student", "delta_pp", "low_pp", "high_pp", "level", "margin_pp", "verdict",
    "rows_to_decide",
)  # fmt: skip
# A spreadsheet runs what starts like this as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@page("scorecards")
def scorecards(here: Here) -> HttpResponse:
    shown = here.page_of(queries.listed(here.inside))
    context = {
        "cards": rows_of(here.inside, list(shown)),
        "page_obj": shown,
        "can_run": here.may(Permission.RUN_EVALS),
    }
    return here.render("console/scorecards/list.html", context)


@page("scorecards")
def scorecard(here: Here, number: str) -> HttpResponse:
    card = queries.scorecard(here.inside, number)
    verdict = gates.latest(card)
    report = gates.report_of(card, verdict)
    made = decisions.of_cards(here.inside, [card.pk]).get(card.pk, [])
    asked = here.request.GET
    live = traffic.recent(here.inside)
    order = asked.get("order", scorecard_order.BY_VERDICT)
    places = display_order.worst_places(queries.value(card)) if order == scorecard_order.BY_LOSS else None
    context = {
        "card": facts_of(card),
        "page": scorecard_page.present(report, show=asked.get("show", scorecard_page.ALL), order=order, places=places),
        "policy": str(verdict.policy_version) if verdict else "",
        "can_decide": verdict is not None and here.may(Permission.DECIDE),
        "decisions": [decided(decision) for decision in made],
        "exports": [
            {"label": f"Export {form.upper()}", "url": here.url("scorecard_export", card.number, form)}
            for form in EXPORTS
        ],
        "policies": _askable(here, verdict) if here.may(Permission.DECIDE_GATES) else [],
        "earlier": comparison.earlier(here, card),
        "proposal": comparison.proposed(report),
        "remarks": around.remarks(report),
        "around": around.facts(report),
        "mix": live_mix.split(report, asked.get(live_mix.FIELD, ""), known=traffic.live_shares(live, report)),
        "drifted": traffic.drifted(live, card, report),
        "judges": judge_panel.judges(report),
        "superseded_by": queries.successor(card),
    }
    return here.render("console/scorecards/detail.html", context, leaf=f"#{card.number}")


@page("scorecards", needs=Permission.DECIDE_GATES, methods=POST)
def gate_ask(here: Here, number: str) -> HttpResponse:
    """Ask a policy about a sealed card; the newest verdict is the one the page shows."""
    card = queries.scorecard(here.inside, number)
    version = gates.policy_version(here.inside, here.request.POST.get("policy", ""))
    verdict = gate_actions.decide(card, version=version)
    return here.redirect("scorecard", card.number, say=f"The gate {version} says {verdict.verdict}.")


@page("scorecards")
def export(here: Here, number: str, form: str) -> HttpResponse:
    card = queries.scorecard(here.inside, number)
    report = gates.report_of(card, gates.latest(card))
    kind, write = EXPORTS[form]
    response = HttpResponse(write(report), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{here.inside.slug}-scorecard-{card.number}.{form}"'
    return response


def facts_of(card: Scorecard) -> SimpleNamespace:
    """What stands in a scorecard's heading."""
    run = card.run
    return SimpleNamespace(
        number=card.number,
        teacher=str(run.teacher),
        student=str(run.student),
        dataset=str(run.dataset_version),
        is_pinned=run.dataset_version.is_pinned,
        examples=run.example_count,
        suite=str(run.suite_version),
        run_number=run.number,
        is_selection=run.is_selection,
        is_successor=card.supersedes_id is not None,
        created_at=card.created_at,
        started_by=f"started by {run.started_by}",
    )


def cells_as_csv(report: dict[str, Any]) -> bytes:
    """One line a cell, "*" for all traffic; empty where unknown. Text can never run as a formula."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for cell in report["cells"]:
        low, high = cell["interval_pp"] or (None, None)
        figures: Sequence[object] = [cell[name] for name in ("n", "teacher", "student", "delta_pp")]
        ends = [low, high, cell["level"], cell["margin_pp"]]
        table.writerow([_text(cell["cohort"]), _text(cell["evaluator"]), *figures, *ends, cell["verdict"],
                        cell["rows_to_decide"]])  # fmt: skip
    return out.getvalue().encode("utf-8-sig")


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def _askable(here: Here, verdict: GateDecision | None) -> list[str]:
    """The newest version of each policy; the one that spoke last comes last, to be asked again on another day."""
    newest: dict[str, str] = {}
    for version in gates.policy_versions(here.inside):
        newest.setdefault(version.policy.slug, str(version))
    spoken = str(verdict.policy_version) if verdict else ""
    return sorted(newest.values(), key=lambda name: name == spoken)


# The JSON is the exact document the gate stored: its SHA-256 is the report digest of a decision's evidence.
EXPORTS = {
    "json": ("application/json", digest.canonical),
    "csv": ("text/csv; charset=utf-8", cells_as_csv),
}
