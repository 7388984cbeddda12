"""Work on a run for a while, then complete it if nothing is left. Any process may call this, many at once.

One thread, the caller's, holds the database in short acting blocks; another runs the event loop that calls models.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from django.utils import timezone

from apps.audit.move import move
from apps.evals.execute.work import ANSWERING, JUDGING, MEASURING
from apps.evals.models import EvalRun
from apps.evals.slice import ClientFactory, Slice
from apps.evals.store import leases
from apps.kernel import lifecycle
from apps.registry import calling
from apps.tenancy.acting import Acting, acting
from apps.tenancy.ids import new_id
from apps.tenancy.tasking import enqueue

STAGES = (ANSWERING, JUDGING, MEASURING)


def work(
    who: Acting,
    run_id: UUID,
    *,
    seconds: float,
    stages: Sequence[str] = STAGES,
    holder: UUID | None = None,
    client_of: ClientFactory | None = None,
    must_end: Callable[[], str | None] = lambda: None,
) -> bool:
    """Take batches for at most ``seconds``, or until ``must_end`` gives a reason to end early.

    ``holder`` names who works, for the seats of a run; a fresh name where none is given. Calls that are on their way
    when the time is over are waited for; what was not sent yet is given back. True when this call, or an earlier one,
    brought the run to its end.
    """
    until = time.monotonic() + seconds

    def reason_to_end() -> str | None:
        return "time_is_over" if time.monotonic() > until else must_end()

    Slice(who, run_id, stages, client_of or calling.client, reason_to_end, holder or new_id()).run()
    with acting(who):
        return _complete(run_id)


def _complete(run_id: UUID) -> bool:
    """Close a run whose batches are all done. The step commits alone; scorecard and gate follow as their own tasks."""
    run = EvalRun.objects.get(pk=run_id)
    if lifecycle.is_final("evals.evalrun", run.status):
        return True
    if run.status == lifecycle.PAUSED or leases.has_open_batches(run_id):
        return False
    if run.status == lifecycle.PLANNED:
        move(run, to=lifecycle.RUNNING, because="nothing was left to ask")
    if move(run, to=lifecycle.COMPLETED, because="every batch is done", finished_at=timezone.now()):
        enqueue("scorecards.seal", run.organization_id, run.id)
    return True
