"""Draw what is to be labelled, label one answer, and import what was labelled elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.audit.action import Done, action
from apps.evals.models import EvalRun, Generation, Score
from apps.kernel import digest, label_sample, lifecycle
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.evaluators.contract import as_share
from apps.kernel.reading.labels import NOTE_LENGTH, NewLabel
from apps.kernel.reading.refusal import Problems, quoted
from apps.kernel.text import storable
from apps.labels import queries
from apps.labels.models import Label, LabelSample
from apps.projects.queries import lock
from apps.tenancy.acting import current
from apps.tenancy.permissions import Permission

Place = tuple[UUID, str, str]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many labels are new, how many supersede an older one of the same labeller, how many stood already."""

    new: int
    superseding: int
    unchanged: int
    digest: str


@action("label_sample.taken", needs=Permission.RUN_EVALS, says="took {rows} rows of {run} to label for {evaluator}")
def draw_sample(run: EvalRun, *, evaluator: str, rows: int, seed: str = "") -> Done[LabelSample]:
    """Choose rows at random, some of each cohort; the same request again returns the sample that stands.

    ``seed`` "" takes the run's own id. Raises InvalidInput (sample_size, evaluator_unknown, nothing_to_label), Conflict
    ``run_not_completed``.
    """
    _require_completed(run)
    _require_evaluator(run, evaluator)
    sown = (seed or str(run.id))[:80]
    lock(run.project)
    found = queries.candidates(run, evaluator)
    keys = label_sample.draw((candidate for candidate, _ in found.values()), rows=rows, seed=sown)
    if not keys:
        raise InvalidInput(
            f"No row of {run} has a score of '{evaluator}' on both answers.", code="nothing_to_label",
            where={"field": "evaluator"},
        )  # fmt: skip
    standing = LabelSample.objects.filter(run=run, evaluator=evaluator, seed=sown, row_count=len(keys)).first()
    if standing is not None:
        return Done(standing, standing, changed=False)
    ids = label_sample.shuffled((str(identifier) for key in keys for identifier in found[key][1]), seed=sown)
    row = LabelSample.objects.create(
        run=run,
        evaluator=evaluator,
        seed=sown,
        row_count=len(keys),
        generation_ids=ids,
        drawn_by=current().actor.label,
    )
    facts = {"run": str(run), "evaluator": evaluator, "rows": len(keys), "seed": sown, "digest": digest.of(ids)}
    return Done(row, row, facts=facts, words={"rows": len(keys), "run": run, "evaluator": evaluator})


@action("label.given", needs=Permission.RUN_EVALS, says="labelled an answer of {run} for {evaluator}")
def give_label(sample: LabelSample, generation_id: UUID, *, value: float, note: str = "") -> Done[Label]:
    """The actor's own label of an answer of a sample; a further one supersedes it, the same one changes nothing.

    The trail keeps that and when, not the value: other labellers read the trail. Raises InvalidInput
    (label_out_of_range, note_too_long, not_in_sample).
    """
    share = as_share(value)
    if isinstance(share, str):
        raise InvalidInput("A label lies between 0 and 1.", code="label_out_of_range", where={"field": "value"})
    if len(note) > NOTE_LENGTH:
        raise InvalidInput(
            f"A note has at most {NOTE_LENGTH:,} characters.", code="note_too_long", where={"field": "note"}
        )
    if str(generation_id) not in sample.generation_ids:
        raise InvalidInput("This answer is not in the sample.", code="not_in_sample", where={"field": "answer"})
    run, labeller = sample.run, current().actor.label
    lock(run.project)
    standing = _standing(run, sample.evaluator).get((generation_id, sample.evaluator, labeller))
    if standing is not None and (standing.value, standing.note) == (share, storable(note)):
        return Done(standing, standing, changed=False)
    label = Label.objects.create(
        generation_id=generation_id,
        evaluator=sample.evaluator,
        labeller=labeller,
        revision=1 if standing is None else standing.revision + 1,
        value=share,
        note=storable(note),
        given_by=labeller,
        sample=sample,
    )
    facts = {"run": str(run), "evaluator": sample.evaluator, "answer": str(generation_id), "revision": label.revision}
    return Done(label, label, facts=facts, words={"run": run, "evaluator": sample.evaluator})


@action("labels.imported", needs=Permission.RUN_EVALS, says="imported {count} labels of {run}")
def import_labels(run: EvalRun, labels: Sequence[NewLabel]) -> Done[Imported]:
    """Take a file of labels, all of it or nothing. A labeller's further label of an answer supersedes the older one.

    Whom the file names no labeller of, the actor has labelled. Raises FileRefused with the row of each problem
    (answer_unknown, evaluator_unknown, not_scored, labeller_is_someone_else), Conflict ``run_not_completed``.
    """
    _require_completed(run)
    lock(run.project)
    actor = current().actor.label
    placed = _placed(run, labels, actor)
    standing = _standing(run)
    rows, superseding = [], 0
    for (generation_id, evaluator, labeller), label in placed.items():
        old = standing.get((generation_id, evaluator, labeller))
        if old is not None and (old.value, old.note) == (label.value, storable(label.note)):
            continue
        superseding += old is not None
        rows.append(
            Label(
                generation_id=generation_id,
                evaluator=evaluator,
                labeller=labeller,
                revision=1 if old is None else old.revision + 1,
                value=label.value,
                note=storable(label.note),
                given_by=actor,
            )
        )
    Label.objects.bulk_create(rows, batch_size=500)
    content = digest.of(
        [[label.key, label.role, label.repeat, label.evaluator, label.labeller or actor, label.value, label.note]
         for label in sorted(labels, key=lambda one: (one.key, one.role, one.repeat, one.evaluator, one.labeller))]
    )  # fmt: skip
    done = Imported(len(rows) - superseding, superseding, len(placed) - len(rows), content)
    facts = {"run": str(run), "count": len(rows), "superseding": superseding, "digest": content}
    return Done(done, run, facts=facts, words={"count": len(rows), "run": run}, changed=bool(rows))


def _placed(run: EvalRun, labels: Sequence[NewLabel], actor: str) -> dict[Place, NewLabel]:
    """The labels by answer, evaluator and labeller. Raises FileRefused."""
    problems = Problems()
    suite = set(queries.evaluators_of(run))
    answers = {
        (key, role, repeat): identifier
        for identifier, key, role, repeat in Generation.objects.filter(
            run=run, example__key__in={label.key for label in labels}
        ).values_list("id", "example__key", "role", "repeat")
    }
    scored = set(Score.objects.filter(generation_id__in=answers.values()).values_list("generation_id", "evaluator"))
    foreign = set(queries.others_hands((label.labeller for label in labels), but=actor))
    placed: dict[Place, NewLabel] = {}
    for label in labels:
        identifier = answers.get((label.key, label.role, label.repeat))
        problem = _problem(label, identifier, suite, scored, foreign)
        if problem is not None or identifier is None:
            code, said, column = problem or ("answer_unknown", "", "id")
            problems.add(code, f"Row {label.row}: {said}", {"row": label.row, "column": column})
        else:
            placed[identifier, label.evaluator, label.labeller or actor] = label
    problems.raise_any()
    return placed


def _problem(
    label: NewLabel, identifier: UUID | None, suite: set[str], scored: set[tuple[UUID, str]], foreign: set[str]
) -> tuple[str, str, str] | None:
    if label.evaluator not in suite:
        return "evaluator_unknown", f"the run has no evaluator {quoted(label.evaluator)}.", "evaluator"
    if identifier is None:
        which = f" (repeat {label.repeat})" if label.repeat else ""
        return "answer_unknown", f"the run has no answer of the {label.role} to {quoted(label.key)}{which}.", "id"
    if (identifier, label.evaluator) not in scored:
        return "not_scored", f"{quoted(label.evaluator)} does not score {quoted(label.key)}.", "evaluator"
    if label.labeller in foreign:
        said = f"{quoted(label.labeller)} labels by hand here; nobody else can label in that name."
        return "labeller_is_someone_else", said, "labeller"
    return None


def _standing(run: EvalRun, evaluator: str | None = None) -> dict[Place, Label]:
    return {
        (label.generation_id, label.evaluator, label.labeller): label
        for label in queries.current(run, evaluator=evaluator)
    }


def _require_completed(run: EvalRun) -> None:
    if run.status != lifecycle.COMPLETED:
        raise Conflict(
            f"{run} is {run.status.lower()}; only a completed run's answers are labelled.", code="run_not_completed"
        )


def _require_evaluator(run: EvalRun, evaluator: str) -> None:
    if evaluator not in queries.evaluators_of(run):
        raise InvalidInput(
            f"{run} has no evaluator {quoted(evaluator)}.", code="evaluator_unknown", where={"field": "evaluator"}
        )
