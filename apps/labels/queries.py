"""Labels that count, samples and how far one has come, and what a scorecard is told of a judge."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from apps.datasets import queries as datasets
from apps.evals.models import STUDENT, TEACHER, EvalRun, Generation, Score
from apps.kernel.errors import NotFound
from apps.kernel.label_sample import Candidate, rows_to_correct
from apps.kernel.scorecard import JudgedAnswer, JudgeEvidence, judge_evidence
from apps.kernel.scorecard.clusters import cluster_id
from apps.labels import checks
from apps.labels.models import Label, LabelSample
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_public_id
from apps.tenancy.permissions import Permission


@dataclass(frozen=True, slots=True)
class Progress:
    """How many answers of a sample one labeller has labelled, and how many rows the run still lacks.

    ``rows_lacking`` counts rows of the run to be labelled on both answers, by whomever, until a judge can be corrected.
    """

    labelled: int
    answers: int
    rows_lacking: int


def labels(run: EvalRun) -> QuerySet[Label]:
    """Every label ever given to a run's answers, newest first, superseded ones too."""
    require(Permission.VIEW)
    return Label.objects.filter(generation__run=run).select_related("generation__example", "sample").order_by("-id")


def current(run: EvalRun, *, evaluator: str | None = None) -> QuerySet[Label]:
    """The labels that count: each labeller's newest of each answer."""
    require(Permission.VIEW)
    rows = Label.objects.filter(generation__run=run)
    if evaluator is not None:
        rows = rows.filter(evaluator=evaluator)
    place = ("generation_id", "evaluator", "labeller")
    return rows.order_by(*place, "-revision").distinct(*place)


def samples(run: EvalRun) -> QuerySet[LabelSample]:
    require(Permission.VIEW)
    return LabelSample.objects.filter(run=run).order_by("created_at", "id")


def sample(run: EvalRun, reference: str) -> LabelSample:
    """By id. Raises NotFound."""
    found = samples(run).filter(pk=parse_public_id(LabelSample.ID_PREFIX, reference)).first()
    if found is None:
        raise NotFound(f"There is no sample '{reference[:80]}' of this run.")
    return found


def evaluators_of(run: EvalRun) -> list[str]:
    """The evaluators of a run's suite, judges first, for those are what labels are for."""
    entries = sorted(run.suite_version.entries, key=lambda entry: (not entry["judge_version_id"], entry["name"]))
    return [entry["name"] for entry in entries]


def candidates(run: EvalRun, evaluator: str) -> dict[str, tuple[Candidate, list[UUID]]]:
    """Rows with a score of the evaluator on both models' first answers, by key, with the ids of the two answers."""
    require(Permission.VIEW)
    scored = Score.objects.filter(
        generation__run=run, generation__repeat=0, evaluator=evaluator, value__isnull=False
    ).values_list(
        "generation_id", "generation__role", "generation__example__key", "generation__example__cohort__name",
        "generation__example__cohort__is_high_value",
    )  # fmt: skip
    sides: dict[str, dict[str, UUID]] = defaultdict(dict)
    rows: dict[str, Candidate] = {}
    for generation_id, role, key, cohort, high_value in scored:
        sides[key][role] = generation_id
        rows[key] = Candidate(key, cohort, high_value)
    return {
        key: (rows[key], [ids[TEACHER], ids[STUDENT]])
        for key, ids in sorted(sides.items())
        if TEACHER in ids and STUDENT in ids
    }


def next_answer(sample: LabelSample, *, labeller: str, after: int = 0) -> tuple[int, Generation] | None:
    """The first answer of a sample that a labeller has not labelled, from place ``after`` on, with its place; or None

    when nothing is left. Skipped answers come again at the end.
    """
    require(Permission.VIEW)
    done = _labelled_by(sample, labeller)
    ids = [UUID(identifier) for identifier in sample.generation_ids]
    order = [*range(after, len(ids)), *range(min(after, len(ids)))]
    place = next((place for place in order if ids[place] not in done), None)
    if place is None:
        return None
    return place, Generation.objects.select_related("example", "run").defer("logprobs").get(pk=ids[place])


def progress(sample: LabelSample, *, labeller: str) -> Progress:
    done = _labelled_by(sample, labeller)
    answers = len(sample.generation_ids)
    return Progress(len(done), answers, rows_to_correct(labelled_rows(sample.run, sample.evaluator)))


@dataclass(frozen=True, slots=True)
class Tally:
    """One evaluator's labels that count, by how many labellers, and how many rows have one on both answers."""

    labels: int
    labellers: int
    rows: int
    lacking: int


def tally(run: EvalRun) -> dict[str, Tally]:
    """By evaluator; those without a label are absent."""
    counts: Counter[str] = Counter()
    labellers: dict[str, set[str]] = defaultdict(set)
    for label in current(run):
        counts[label.evaluator] += 1
        labellers[label.evaluator].add(label.labeller)
    rows = _rows_labelled(Label.objects.filter(generation__run=run))
    return {
        name: Tally(counts[name], len(labellers[name]), rows[name], rows_to_correct(rows[name]))
        for name in sorted(counts)
    }


def labelled_rows(run: EvalRun, evaluator: str) -> int:
    """Rows with a label on both models' answers, by whomever."""
    return _rows_labelled(Label.objects.filter(generation__run=run, evaluator=evaluator))[evaluator]


def _rows_labelled(rows: QuerySet[Label]) -> Counter[str]:
    """By evaluator, in one query."""
    places = rows.values_list("evaluator", "generation__example_id", "generation__role").distinct()
    sides = Counter((evaluator, example) for evaluator, example, _ in places)
    return Counter(evaluator for (evaluator, _), roles in sides.items() if roles == len((TEACHER, STUDENT)))


def judges_of(run: EvalRun) -> list[JudgeEvidence]:
    """What labels, planted answers and anchors say of each evaluator of a run; nothing for those without any."""
    require(Permission.VIEW)
    by_evaluator: dict[str, dict[UUID, list[float]]] = defaultdict(lambda: defaultdict(list))
    for label in current(run):
        by_evaluator[label.evaluator][label.generation_id].append(label.value)
    asked, again = checks.planted_of(run), checks.anchors_of(run)
    found = (
        judge_evidence(name, _judged(run, name, by_evaluator[name]), planted=asked.get(name), anchors=again.get(name))
        for name in sorted({*by_evaluator, *asked, *again})
    )
    return [evidence for evidence in found if evidence is not None]


def others_hands(labellers: Iterable[str], *, but: str) -> list[str]:
    """Those of these labellers who label by their own hand here, other than this one: nobody else speaks for them."""
    by_hand = Label.objects.filter(labeller__in=sorted(set(labellers) - {but}), sample__isnull=False)
    return sorted(set(by_hand.values_list("labeller", flat=True)))


def _labelled_by(sample: LabelSample, labeller: str) -> set[UUID]:
    rows = Label.objects.filter(generation_id__in=sample.generation_ids, evaluator=sample.evaluator, labeller=labeller)
    return set(rows.values_list("generation_id", flat=True))


def _judged(run: EvalRun, evaluator: str, given: dict[UUID, list[float]]) -> Sequence[JudgedAnswer]:
    """All answers of labelled rows, repeats without a label too, with the evaluator's score of each."""
    examples = Generation.objects.filter(run=run, pk__in=list(given)).values("example_id")
    answers = Generation.objects.filter(run=run, example_id__in=examples).values_list(
        "id", "role", "example__key", "example__cohort__name", "example__cluster"
    )
    scores = dict(
        Score.objects.filter(generation__run=run, generation__example_id__in=examples, evaluator=evaluator)
        .values_list("generation_id", "value")
    )  # fmt: skip
    # Under the same id as in the cells of the card, which has clusters only where the dataset has any.
    is_clustered = bool(given) and datasets.is_clustered(run.dataset_version)
    return [
        JudgedAnswer(
            key, cohort, role, scores.get(identifier), tuple(given.get(identifier, ())),
            cluster=cluster_id(cluster or None, key="" if cluster else key) if is_clustered else None,
        )
        for identifier, role, key, cohort, cluster in answers
    ]  # fmt: skip
