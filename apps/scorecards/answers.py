"""What a run's answers say row by row: repeats, which the kernel averages, and stored token lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from apps.datasets import queries as datasets
from apps.evals.estimate import can_score
from apps.evals.models import STUDENT, TEACHER, EvalRun, Generation, Likelihood, Score
from apps.kernel import likelihood
from apps.kernel.chat import Usage
from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard import Arm, Row
from apps.kernel.scorecard.clusters import cluster_id
from apps.kernel.scorecard.texts import NOT_MEASURED, UNSUPPORTED, TextRow, Texts, row_of, teacher_likelihood
from apps.kernel.scorecard.tokens import divergence_of
from apps.kernel.statistics.divergence import RowDivergence, RowMissing

CHUNK = 200


def rows_of(run: EvalRun, keys: Collection[str] | None = None) -> list[Row]:
    """Every example that both arms answered, with each arm's answers in the order of their repeats.

    With ``keys``, these examples only.
    """
    scores = _scores(run)
    answers = (
        _of(run, keys)
        .order_by("example_id", "role", "repeat")
        .values_list(
            "example__key", "example__cohort__name", "example__cluster", "role",
            "id", "cost_usd", "latency_ms", "fault", "first_token_ms", "finish_reason",
        )
    )  # fmt: skip
    rows = []
    for (key, cohort, cluster), group in groupby(answers.iterator(), key=lambda answer: answer[:3]):
        arms: dict[str, list[Arm]] = {TEACHER: [], STUDENT: []}
        for _, _, _, role, identifier, usd, ms, fault, first_ms, finish in group:
            arms[role].append(Arm(scores.get(identifier, {}), usd, ms, fault or None, first_ms, finish or None))
        if all(arms.values()):
            rows.append(Row(key, cohort, _arm(arms[TEACHER]), _arm(arms[STUDENT]), cluster or None))
    return rows


def tokens_of(run: EvalRun, keys: Collection[str] | None = None) -> dict[str, list[RowDivergence | RowMissing]]:
    """What the token lists of each example's first answers say, by cohort; empty where none were stored.

    Lists are read a few rows at a time and dropped: those of a large run do not fit in memory together.
    """
    first = _of(run, keys).filter(repeat=0)
    if not first.filter(logprobs__isnull=False).exists():
        return {}
    stored = first.order_by("example_id").values_list("example_id", "example__cohort__name", "role", "logprobs")
    tokenizers = _tokenizers(run)
    found: dict[str, list[RowDivergence | RowMissing]] = {}
    for (_, cohort), group in groupby(stored.iterator(chunk_size=CHUNK), key=lambda answer: answer[:2]):
        lists = {role: logprobs for _, _, role, logprobs in group}
        if len(lists) < 2:
            continue  # one arm alone answered: no row
        row = divergence_of(lists[TEACHER], lists[STUDENT], tokenizers=tokenizers)
        if row is not None:
            found.setdefault(cohort, []).append(row)
    return found


def texts_of(run: EvalRun, keys: Collection[str] | None = None) -> dict[str, Texts] | None:
    """How likely both models find each first answer of the teacher, by cohort; None of a run that did not ask.

    Answers of rows that both arms answered. Lists are read a few rows at a time and dropped.
    """
    if not run.divergence:
        return None
    both = Generation.objects.filter(run=run, role=STUDENT, repeat=0).values("example_id")
    answers = _of(run, keys).filter(role=TEACHER, repeat=0, example_id__in=both).order_by("example_id")
    found: dict[str, list[TextRow | RowMissing]] = {}
    has_scored = can_score(run.student)
    is_clustered = datasets.is_clustered(run.dataset_version)
    stored = answers.select_related("example__cohort").prefetch_related(_measured()).iterator(chunk_size=CHUNK)
    for answer in stored:
        found.setdefault(answer.example.cohort.name, []).append(_text_row(answer, has_scored, is_clustered))
    sampling = likelihood.sampling_of(run.teacher.parameters)
    return {cohort: Texts.of(rows, sampling=sampling) for cohort, rows in found.items()}


def _measured() -> Prefetch:
    return Prefetch("likelihoods", Likelihood.objects.defer("logprobs"))


def _text_row(answer: Generation, has_scored: bool, is_clustered: bool) -> TextRow | RowMissing:
    if not has_scored:
        return RowMissing(UNSUPPORTED)
    usage = None
    if answer.input_tokens is not None and answer.output_tokens is not None:
        usage = Usage(answer.input_tokens, answer.output_tokens, answer.usage_estimated)
    teacher = teacher_likelihood(answer.logprobs, answer.output, finish=answer.finish_reason, usage=usage)
    student = likelihood.Likelihood(reason=NOT_MEASURED)
    for measured in answer.likelihoods.all():
        student = likelihood.Likelihood(measured.nats, measured.tokens, measured.reason or None)
    cluster = cluster_id(answer.example.cluster or None, key=answer.example.key) if is_clustered else ""
    return row_of(teacher, student, text=answer.output or "", cluster=cluster)


def _of(run: EvalRun, keys: Collection[str] | None) -> QuerySet[Generation]:
    answers = Generation.objects.filter(run=run)
    return answers if keys is None else answers.filter(example__key__in=list(keys))


def _scores(run: EvalRun) -> Mapping[UUID, dict[str, Outcome]]:
    found: dict[UUID, dict[str, Outcome]] = {}
    stored = Score.objects.filter(generation__run=run).values_list("generation_id", "evaluator", "value", "reason")
    for identifier, evaluator, value, reason in stored.iterator():
        found.setdefault(identifier, {})[evaluator] = Outcome(value, reason or None)
    return found


def _arm(answers: list[Arm]) -> Arm:
    first, *others = answers
    return Arm(
        first.scores, first.cost_usd, first.latency_ms, first.fault, first.first_token_ms, first.finish, tuple(others)
    )


def _tokenizers(run: EvalRun) -> tuple[str, str]:
    """The names under which both versions' tokens can be compared, "" where nobody knows: the frozen plan's first."""
    return _tokenizer(run, TEACHER), _tokenizer(run, STUDENT)


def _tokenizer(run: EvalRun, role: str) -> str:
    planned = run.plan.get("models", {}).get(role, {}).get("tokenizer")
    return str(planned or getattr(getattr(run, role), "tokenizer", "") or "")
