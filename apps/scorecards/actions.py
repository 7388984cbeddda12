"""Seal a scorecard."""

from __future__ import annotations

from apps.audit.action import Done, action
from apps.evals.models import EvalRun
from apps.kernel import digest, lifecycle
from apps.kernel.errors import Conflict
from apps.kernel.scorecard import Scorecard as Card
from apps.projects.queries import lock, next_number
from apps.scorecards.models import Scorecard
from apps.tenancy.permissions import Permission


@action("scorecard.sealed", needs=Permission.RUN_EVALS, says="sealed {card} of {run}")
def seal(run: EvalRun, card: Card) -> Done[Scorecard]:
    """Keep a run's card for good. A second call returns the one that stands. Raises Conflict ``run_not_completed``."""
    if run.status != lifecycle.COMPLETED:
        raise Conflict(
            f"{run} is {run.status.lower()}; only a completed run has a scorecard.", code="run_not_completed"
        )
    lock(run.project)  # two workers may ring at once; the second finds what the first sealed
    standing = Scorecard.objects.filter(run=run).first()
    if standing is not None:
        return Done(standing, standing, changed=False)
    document = digest.canonical(card.document())
    row = Scorecard.objects.create(
        project=run.project,
        number=next_number(run.project, Scorecard),
        run=run,
        document=document,
        digest=card.digest,
    )
    facts = {"run": str(run), "digest": card.digest, "rows": card.rows}
    return Done(row, row, facts=facts, words={"card": row, "run": run})
