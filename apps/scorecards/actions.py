"""Seal a scorecard, and seal again what new evidence changed."""

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
    """Keep a run's card for good. A second call returns the newest that stands.

    Raises Conflict ``run_not_completed``.
    """
    if run.status != lifecycle.COMPLETED:
        raise Conflict(
            f"{run} is {run.status.lower()}; only a completed run has a scorecard.", code="run_not_completed"
        )
    lock(run.project)  # two workers may ring at once; the second finds what the first sealed
    standing = _newest(run)
    if standing is not None:
        return Done(standing, standing, changed=False)
    row = _kept(run, card, supersedes=None)
    facts = {"run": str(run), "digest": card.digest, "rows": card.rows}
    return Done(row, row, facts=facts, words={"card": row, "run": run})


@action("scorecard.superseded", needs=Permission.RUN_EVALS, says="superseded {old} of {run} by {card}")
def reseal(run: EvalRun, card: Card) -> Done[Scorecard]:
    """Keep a card of new evidence beside the one that stands, which it supersedes. The old one and what was decided on

    it stay as they are. A card like the one that stands changes nothing. Raises Conflict ``run_not_sealed``.
    """
    lock(run.project)
    standing = _newest(run)
    if standing is None:
        raise Conflict(f"{run} has no scorecard yet; there is nothing to supersede.", code="run_not_sealed")
    if standing.digest == card.digest:
        return Done(standing, standing, changed=False)
    row = _kept(run, card, supersedes=standing)
    facts = {"run": str(run), "digest": card.digest, "rows": card.rows, "supersedes": standing.digest}
    return Done(row, row, facts=facts, words={"card": row, "run": run, "old": standing})


def _newest(run: EvalRun) -> Scorecard | None:
    return Scorecard.objects.filter(run=run).order_by("-number").first()


def _kept(run: EvalRun, card: Card, *, supersedes: Scorecard | None) -> Scorecard:
    return Scorecard.objects.create(
        project=run.project,
        number=next_number(run.project, Scorecard),
        run=run,
        document=digest.canonical(card.document()),
        digest=card.digest,
        supersedes=supersedes,
    )
