"""What of a run is missing by a fault, and how it is asked for again."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from apps.evals.models import ANSWERING, JUDGING, MEASURING, Batch, EvalRun, Generation, Likelihood, Score
from apps.kernel import plan


@dataclass(frozen=True, slots=True)
class Failed:
    """Ids of generations that ended in a fault, of scores whose judge did not speak, and of answers of the teacher that

    could not be measured by a fault; with their examples.
    """

    answers: frozenset[UUID]
    verdicts: frozenset[UUID]
    answers_of: frozenset[str]
    verdicts_of: frozenset[str]
    likelihoods: frozenset[UUID] = frozenset()
    likelihoods_of: frozenset[str] = frozenset()

    @property
    def count(self) -> int:
        return len(self.answers) + len(self.verdicts) + len(self.likelihoods)


def of(run: EvalRun) -> Failed:
    generations = Generation.objects.filter(run=run).exclude(fault="")
    answers = {
        row: str(example)
        for row, example, fault in generations.values_list("id", "example_id", "fault")
        if plan.is_worth_retrying(fault)
    }
    judges = [entry["name"] for entry in run.suite_version.entries if entry["judge_version_id"]]
    missing = Score.objects.filter(generation__run=run, evaluator__in=judges, value=None).exclude(
        generation__in=list(answers)
    )
    verdicts = {
        row: str(example)
        for row, example, reason in missing.values_list("id", "generation__example_id", "reason")
        if plan.is_worth_retrying(reason)
    }
    unmeasured = Likelihood.objects.filter(generation__run=run, nats=None).exclude(generation__in=list(answers))
    likelihoods = {
        row: str(example)
        for row, example, reason in unmeasured.values_list("id", "generation__example_id", "reason")
        if plan.is_measuring_worth_retrying(reason)
    }
    return Failed(
        frozenset(answers), frozenset(verdicts), frozenset(answers.values()), frozenset(verdicts.values()),
        frozenset(likelihoods), frozenset(likelihoods.values()),
    )  # fmt: skip


def reopen(run: EvalRun, failed: Failed) -> None:
    """Take the failed rows out of finished batches and open these again; leased ones are left to their holders."""
    by_stage = {ANSWERING: failed.answers_of, JUDGING: failed.verdicts_of, MEASURING: failed.likelihoods_of}
    done = Batch.objects.filter(run=run, is_done=True)
    for batch in done.order_by("stage", "position").iterator():
        ids = set(batch.example_ids)
        again = ids & by_stage[batch.stage]
        if again:
            _open_again(batch, again)
    Likelihood.objects.filter(Q(pk__in=failed.likelihoods) | Q(generation__in=_rows(run, failed))).delete()
    Score.objects.filter(Q(pk__in=failed.verdicts) | Q(generation__in=_rows(run, failed))).delete()
    _rows(run, failed).delete()


def _open_again(batch: Batch, examples: set[str]) -> None:
    losses = {example: count for example, count in batch.losses.items() if example not in examples}
    Batch.objects.filter(pk=batch.pk).update(is_done=False, losses=losses, needs_care=False)
    if batch.stage == ANSWERING:
        later = Batch.objects.filter(run_id=batch.run_id, position=batch.position).exclude(stage=ANSWERING)
        later.update(is_done=False, is_ready=False)


def _rows(run: EvalRun, failed: Failed):
    return Generation.objects.filter(run=run, pk__in=failed.answers)
