"""Follow a run from a terminal until there is nothing more to wait for. One paused by hand is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apps.evals.progress import Progress
from apps.gates import queries as gates
from apps.kernel import budget, lifecycle
from apps.labels.spent import progress
from apps.scorecards import queries as scorecards
from apps.tenancy.acting import Acting, acting

if TYPE_CHECKING:
    from apps.evals.models import EvalRun

POLL_SECONDS = 0.5
IDLE_SECONDS = 30.0
TIMEOUT = "timeout"
WORDS = {
    "cancelled": "it was cancelled; what was answered is kept.",
    "failed": "it has failed.",
    budget.BUDGET_SPENT: "its budget is spent; resume it with a larger one (manage.py run_control resume --budget).",
    TIMEOUT: "it goes on, but nobody looks any longer.",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """Why the waiting ended. ``reason`` is empty where there is a ``report``, with its verdict if a gate was asked."""

    progress: Progress
    reason: str = ""
    scorecard: int | None = None
    report: dict[str, Any] | None = None


def address(organization: str, project: str, run: EvalRun) -> str:
    """Where a person finds the run's page."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/o/{organization}/p/{project}/runs/{run.number}/"


def follow(
    who: Acting,
    run: EvalRun,
    *,
    show: Callable[[str, Progress], None],
    say: Callable[[str], None],
    timeout_s: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Ended:
    """Look at the rows twice a second. The run needs nobody to look: it goes on when this ends or is interrupted."""
    begun, told = clock(), False
    while True:
        with acting(who):
            now, ended = _looked(run)
        show(str(run), now)
        if ended is not None:
            return ended
        waited = clock() - begun
        if waited > timeout_s:
            return Ended(now, TIMEOUT)
        if not told and waited > IDLE_SECONDS and now.status == lifecycle.PLANNED:
            told = True
            say("No worker has taken the run yet: is one up? (celery -A distillhub worker)")
        sleep(POLL_SECONDS)


def _looked(run: EvalRun) -> tuple[Progress, Ended | None]:
    run.refresh_from_db()
    now = progress(run)
    if run.paused_because == budget.BUDGET_SPENT:
        return now, Ended(now, run.paused_because)
    if not now.is_final:
        return now, None
    if now.status != lifecycle.COMPLETED:
        return now, Ended(now, now.status.lower())
    card = scorecards.of_run(run)
    decision = gates.latest(card) if card else None
    if card is None or (run.policy_slug and decision is None):
        return now, None
    return now, Ended(now, scorecard=card.number, report=gates.report_of(card, decision))
