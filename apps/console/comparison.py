"""One scorecard beside an earlier one, and for which cohorts a verdict would let the student go ahead."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from apps.console import figures
from apps.console.base import Here, page
from apps.gates import comparing
from apps.kernel import proposal
from apps.kernel.sentences.anchors import incomparable
from apps.scorecards import queries

if TYPE_CHECKING:
    from apps.kernel.comparison import Changed, Rows, Turn
    from apps.scorecards.models import Scorecard

ROWS_SHOWN = 100
EARLIER_OFFERED = 20
ALL_TRAFFIC = "All traffic"
WHY_HELD = {
    "fail": "shown to lose more than its limit",
    "inconclusive": "not enough evidence",
    "invalid": "evidence that cannot be trusted",
    "not_proved": "nothing was proved about it",
    "blocked": "a rule about all traffic holds back",
}


@page("scorecards")
def scorecard_vs(here: Here, number: str, other: str) -> HttpResponse:
    now, then = queries.scorecard(here.inside, number), queries.scorecard(here.inside, other)
    found = comparing.compare(then, now)
    context = {
        "now": _card(now, found.now_verdict),
        "then": _card(then, found.then_verdict),
        "apart": [incomparable(one.evaluator, one.code) for one in found.incomparable],
        "turns": [_turn(turn) for turn in found.turns],
        "mended": [_changed(change) for change in found.rows.mended[:ROWS_SHOWN]],
        "broken": [_changed(change) for change in found.rows.broken[:ROWS_SHOWN]],
        "rows": SimpleNamespace(mended=len(found.rows.mended), broken=len(found.rows.broken), shown=ROWS_SHOWN),
        "tiles": _tiles(found.rows),
    }
    return here.render("console/scorecards/comparison.html", context, leaf=f"#{now.number} against #{then.number}")


def earlier(here: Here, card: Scorecard) -> list[SimpleNamespace]:
    """The cards that this one can be compared with, the newest first."""
    rows = queries.listed(here.inside).filter(number__lt=card.number)[:EARLIER_OFFERED]
    return [SimpleNamespace(number=row.number, student=str(row.run.student)) for row in rows]


def proposed(report: Mapping[str, Any]) -> SimpleNamespace | None:
    """A partial promotion in words; None where the verdict is a plain pass, or says nothing that can be trusted."""
    if report["verdict"] not in ("fail", "inconclusive"):
        return None
    found = proposal.propose(report)
    return SimpleNamespace(
        cohorts=found.cohorts,
        traffic=figures.percent(found.traffic, digits=1),
        held=[SimpleNamespace(cohort=one.cohort, why=WHY_HELD[one.reason], rule=one.rule) for one in found.held],
        blocked_by=found.blocked_by,
    )


def _card(card: Scorecard, verdict: str | None) -> SimpleNamespace:
    run = card.run
    return SimpleNamespace(
        number=card.number, student=str(run.student), teacher=str(run.teacher), dataset=str(run.dataset_version),
        verdict=verdict, created_at=card.created_at,
    )  # fmt: skip


def _turn(turn: Turn) -> SimpleNamespace:
    return SimpleNamespace(
        cohort=ALL_TRAFFIC if turn.cohort == "*" else turn.cohort,
        evaluator=turn.evaluator,
        then=figures.signed(turn.then_pp),
        now=figures.signed(turn.now_pp),
        change=figures.signed(turn.change_pp),
        then_verdict=turn.then_verdict,
        now_verdict=turn.now_verdict,
        turned=turn.turned,
    )


def _changed(change: Changed) -> SimpleNamespace:
    return SimpleNamespace(
        key=change.key, cohort=change.cohort, evaluator=change.evaluator,
        then=figures.score(change.then), now=figures.score(change.now),
    )  # fmt: skip


def _tiles(rows: Rows) -> list[SimpleNamespace]:
    left_out = rows.other_content + rows.only_then + rows.only_now
    parts = f"{rows.other_content} edited in between, {rows.only_then} only then, {rows.only_now} only now"
    return [
        SimpleNamespace(label="Rows compared", value=figures.count(rows.shared), note="of the same content in both"),
        SimpleNamespace(label="Mended", value=figures.count(len(rows.mended)), note="student scores that rose"),
        SimpleNamespace(label="Newly broken", value=figures.count(len(rows.broken)), note="student scores that fell"),
        SimpleNamespace(label="Left out", value=figures.count(left_out), note=parts),
    ]
