"""One scorecard against an earlier one of the same project."""

from __future__ import annotations

from dataclasses import dataclass

from apps.evals import queries as evals
from apps.evals.models import STUDENT
from apps.gates import queries
from apps.kernel import comparison, digest
from apps.kernel.errors import InvalidInput
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission


@dataclass(frozen=True, slots=True)
class Compared:
    then: Scorecard
    now: Scorecard
    then_verdict: str | None
    now_verdict: str | None
    turns: tuple[comparison.Turn, ...]
    rows: comparison.Rows


def compare(then: Scorecard, now: Scorecard) -> Compared:
    """Verdicts that turned, and shared rows that the newer student mended or broke.

    Raises InvalidInput ``same_card``.
    """
    require(Permission.VIEW)
    if then.pk == now.pk:
        raise InvalidInput(f"{now} is the same on both sides; choose an earlier one.", code="same_card")
    before, after = (queries.report_of(card, queries.latest(card)) for card in (then, now))
    return Compared(
        then=then,
        now=now,
        then_verdict=before["verdict"],
        now_verdict=after["verdict"],
        turns=comparison.turns(before, after),
        rows=comparison.rows(_scored(then), _scored(now)),
    )


def _scored(card: Scorecard) -> dict[str, comparison.ScoredRow]:
    return {
        answer.example.key: comparison.ScoredRow(
            digest=digest.of(answer.example.content),
            cohort=answer.example.cohort.name,
            student={score.evaluator: score.value for score in answer.scores.all()},
        )
        for answer in evals.answers(card.run).filter(role=STUDENT)
    }
