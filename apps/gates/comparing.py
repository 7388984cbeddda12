"""One scorecard against an earlier one of the same project."""

from __future__ import annotations

from dataclasses import dataclass

from apps.datasets.models import Example
from apps.evals import queries as evals
from apps.evals.models import STUDENT
from apps.gates import queries
from apps.kernel import comparison, digest
from apps.kernel.errors import InvalidInput
from apps.kernel.evaluators.anchors import judge_digest
from apps.kernel.scorecard.repeats import mean_of
from apps.scorecards import queries as scorecards
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
    incomparable: tuple[comparison.Incomparable, ...] = ()


def compare(then: Scorecard, now: Scorecard) -> Compared:
    """Verdicts that turned, and shared rows that the newer student mended or broke.

    Evaluators whose judge is not shown to be the same on both cards are named and not compared.
    Raises InvalidInput ``same_card``.
    """
    require(Permission.VIEW)
    if then.pk == now.pk:
        raise InvalidInput(f"{now} is the same on both sides; choose an earlier one.", code="same_card")
    apart = comparison.incomparable(_judges(then), _judges(now))
    without = {found.evaluator for found in apart}
    before, after = (queries.report_of(card, queries.latest(card)) for card in (then, now))
    return Compared(
        then=then,
        now=now,
        then_verdict=before["verdict"],
        now_verdict=after["verdict"],
        turns=comparison.turns(before, after, without=without),
        rows=comparison.rows(_scored(then), _scored(now), without=without),
        incomparable=apart,
    )


def _judges(card: Scorecard) -> dict[str, comparison.Judge]:
    """By evaluator that asks a judge; the digest is of the judge as the run's suite froze it."""
    value = scorecards.value(card)
    found = {}
    for entry in card.run.suite_version.entries:
        if entry["judge_version_id"]:
            evidence = value.judge(entry["name"])
            said = None if evidence is None else evidence.anchors
            found[entry["name"]] = comparison.Judge(judge_digest(entry), said)
    return found


def _scored(card: Scorecard) -> dict[str, comparison.ScoredRow]:
    """By key. A row that was answered several times has the mean of its answers, as on the card."""
    examples: dict[str, Example] = {}
    found: dict[str, dict[str, list[float | None]]] = {}
    for answer in evals.answers(card.run).filter(role=STUDENT):
        key = answer.example.key
        examples[key] = answer.example
        scores = found.setdefault(key, {})
        for score in answer.scores.all():
            scores.setdefault(score.evaluator, []).append(score.value)
    return {
        key: comparison.ScoredRow(
            digest=digest.of(example.content),
            cohort=example.cohort.name,
            student={evaluator: mean_of(values) for evaluator, values in found[key].items()},
        )
        for key, example in examples.items()
    }
