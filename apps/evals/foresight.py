"""All that can be said of a run before it starts: its cost, its tokens, how long it takes, what need not be asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion, Example
from apps.evals import estimate, loading, planning, reusing
from apps.evals.estimate import Estimate, Loaded
from apps.evals.execute.work import Task
from apps.evals.models import EVIDENCE, STUDENT, TEACHER, EvalRun, Generation
from apps.evaluators.models import SuiteVersion
from apps.kernel import estimate as ranges
from apps.kernel import pace
from apps.registry.models import ModelVersion

# Looking for earlier answers spells every request; beyond this many examples that would keep a page waiting.
REUSE_EXAMPLES = 5_000
CHUNK = 500
EARLIER_RUNS, EARLIER_ANSWERS = 3, 200
USUAL, SLOW = 0.5, 0.9
MS = 1000.0


@dataclass(frozen=True, slots=True)
class Foresight:
    """``tokens_in``, ``tokens_out`` and ``seconds`` are the least and the most.

    ``seconds`` is None where a model was never called here. ``reusable`` counts answers that an earlier run has; None
    where nobody asked to reuse any, or the dataset is too large to look.
    """

    estimate: Estimate
    tokens_in: tuple[int, int]
    tokens_out: tuple[int, int]
    seconds: tuple[float, float] | None
    reusable: int | None


def of_run(
    *,
    dataset: DatasetVersion,
    teacher: ModelVersion,
    student: ModelVersion,
    suite: SuiteVersion,
    repeats: int = 1,
    seed: int | None = None,
    purpose: str = EVIDENCE,
    budget_usd: Decimal | None = None,
    reuse_answers: bool = False,
    divergence: str = "",
) -> Foresight:
    """Refused where starting would be, as far as can be told from these: raises what ``start_run`` raises for them."""
    planning.check_sampling(repeats=repeats, seed=seed, purpose=purpose)
    planning.check_divergence(divergence)
    parts: dict[str, Any] = {
        "teacher": teacher,
        "student": student,
        "suite": suite,
        "repeats": repeats,
        "divergence": divergence,
    }
    expected = estimate.of_run(dataset=dataset, **parts)
    planning.check_budget(budget_usd, expected)
    examples = list(datasets.examples(dataset))
    loads = estimate.loads_of(examples, **parts)
    tokens_in, tokens_out = ranges.token_range(load for _, load in loads.all())
    return Foresight(
        estimate=expected,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        seconds=pace.duration_s(_lanes(loads.answering), _lanes([*loads.judging, *loads.checking])),
        reusable=_reusable(examples, teacher, student, suite, repeats, seed) if reuse_answers else None,
    )


def _lanes(loads: Sequence[Loaded]) -> list[pace.Lane]:
    return [
        pace.Lane(
            endpoint=str(version.endpoint_id),
            calls=load.calls,
            seconds=_seconds_of(version),
            concurrency=version.endpoint.concurrency,
            requests_per_minute=version.endpoint.requests_per_minute,
        )
        for version, load in loads
    ]


def _seconds_of(version: ModelVersion) -> tuple[float, float] | None:
    """How long the newest answers of this version took, as usual and when slow."""
    took: list[float] = []
    for role in (TEACHER, STUDENT):
        newest = EvalRun.objects.filter(**{role: version}).order_by("-created_at").values_list("id", flat=True)
        asked = Generation.objects.filter(
            run__in=list(newest[:EARLIER_RUNS]), role=role, fault="", reused_from=None, latency_ms__isnull=False
        )
        took += asked.values_list("latency_ms", flat=True)[:EARLIER_ANSWERS]
    took.sort()
    if not took:
        return None
    usual, slow = (took[int(share * (len(took) - 1))] / MS for share in (USUAL, SLOW))
    return usual, slow


def _reusable(
    examples: Sequence[Example],
    teacher: ModelVersion,
    student: ModelVersion,
    suite: SuiteVersion,
    repeats: int,
    seed: int | None,
) -> int | None:
    if len(examples) > REUSE_EXAMPLES:
        return None
    # Never saved: only to ask the same question that its work will.
    run = EvalRun(
        teacher=teacher,
        student=student,
        suite_version=suite,
        repeats=repeats,
        seed=seed,
        reuse_answers=True,
        plan={"prices": defaultdict(lambda: None)},
    )
    frame = loading.frame_of(run)
    tasks = [Task(str(row.id), row.key, row.cohort.name, row.content) for row in examples]
    return sum(
        len(reusing.answers_for(run, frame, tasks[begin : begin + CHUNK])) for begin in range(0, len(tasks), CHUNK)
    )
