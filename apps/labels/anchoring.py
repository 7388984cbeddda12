"""Draw a judge's anchors from the answers of a completed run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from apps.evals.models import EvalRun, Score
from apps.evaluators import actions as evaluators
from apps.evaluators.models import AnchorSet
from apps.kernel import lifecycle
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.evaluators import anchors, catalogue, planted
from apps.kernel.reading.refusal import quoted
from apps.labels import checks
from apps.tenancy.acting import require
from apps.tenancy.permissions import Permission


def draw(run: EvalRun, *, evaluator: str, size: int = anchors.USUAL, because: str = "") -> AnchorSet:
    """Pin answers that the judge was asked about, with its verdicts; the same request again returns what stands.

    The run's id sows the draw. Raises InvalidInput (evaluator_unknown, judge_missing, anchors_size, anchors_too_few,
    anchors_need_reason), Conflict (run_not_completed, judge_unchecked, judge_unreliable).
    """
    require(Permission.EDIT_EVALUATORS)
    entry = _entry(run, evaluator)
    _require_trusted(run, evaluator)
    drawn = anchors.draw(_candidates(run, evaluator), size=size, seed=str(run.id))
    return evaluators.pin_anchors(
        run.project,
        evaluators.Anchored(
            entry=entry,
            run_id=run.id,
            run_number=run.number,
            members=[(one.id, one.value) for one in drawn],
            told=checks.told_by(run, evaluator),
        ),
        because=because,
    )


def _entry(run: EvalRun, evaluator: str) -> Mapping[str, Any]:
    entry = next((one for one in run.suite_version.entries if one["name"] == evaluator), None)
    where = {"field": "evaluator"}
    if entry is None:
        raise InvalidInput(f"{run} has no evaluator {quoted(evaluator)}.", code="evaluator_unknown", where=where)
    if not entry["judge_version_id"] or not catalogue.is_judge(entry["kind"]):
        raise InvalidInput(
            f"{quoted(evaluator)} asks no judge, so there is nothing that could drift.",
            code="judge_missing",
            where=where,
        )
    return entry


def _require_trusted(run: EvalRun, evaluator: str) -> None:
    if run.status != lifecycle.COMPLETED:
        raise Conflict(
            f"{run} is {run.status.lower()}; anchors are drawn from a completed run.", code="run_not_completed"
        )
    if checks.left(run):
        raise Conflict(
            f"The judges of {run} are being checked; their verdicts are anchors only afterwards.",
            code="judge_unchecked",
            fix="Wait for its scorecard.",
        )
    found = checks.planted_of(run).get(evaluator)
    if found is None or planted.is_distrusted(found):
        raise Conflict(
            f"Planted answers show that the judge of {quoted(evaluator)} was not reliable in {run}.",
            code="judge_unreliable",
            fix="Draw anchors from a run whose judge can be believed.",
        )


def _candidates(run: EvalRun, evaluator: str) -> Iterator[anchors.Candidate]:
    """First answers with a verdict. Of an empty one it is code that says so: the judge was never asked."""
    rows = Score.objects.filter(
        generation__run=run, generation__repeat=0, evaluator=evaluator, value__isnull=False,
        generation__output__regex=r"\S",
    ).values_list("generation_id", "generation__example__cohort__name", "value")  # fmt: skip
    for identifier, cohort, value in rows:
        yield anchors.Candidate(str(identifier), cohort, value)
