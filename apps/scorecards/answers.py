"""What a run's answers say row by row: repeats, which the kernel averages, and stored token lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import groupby
from uuid import UUID

from django.db.models import QuerySet

from apps.evals.models import STUDENT, TEACHER, EvalRun, Generation, Score
from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard import Arm, Row
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
