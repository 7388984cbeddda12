"""Runs with every kind of evidence, told twice: as rows in the database, and as the kernel's values."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.datasets.models import Example
from apps.evals import actions as evals
from apps.evals.models import STUDENT, TEACHER, EvalRun, Generation, Score
from apps.evaluators import actions as evaluators
from apps.kernel.evaluators.contract import Outcome
from apps.kernel.scorecard import Arm, Row
from apps.kernel.scorecard.tokens import divergence_of
from apps.kernel.statistics.divergence import RowMissing
from apps.projects.models import Project
from tests.factories import runs

EVALUATORS = ("exact", "judge")
REASONS = ("upstream_deadline", "judge_unparsable", "")


@dataclass(frozen=True, slots=True)
class Kind:
    """What a run has in it."""

    seed: int
    repeats: int = 1
    clusters: bool = False
    weights: bool = False
    tokens: bool = False


def told_twice(project: Project, kind: Kind) -> tuple[EvalRun, list[Row]]:
    """A started run whose answers stand in the database, and the rows they are."""
    dice = random.Random(kind.seed)
    golden = runs.golden_rows(18, cohorts=("plain", "gold", "rare"))
    for number, row in enumerate(golden):
        if kind.clusters and number % 6:
            row["cluster"] = f"talk-{number % 4}"
        if kind.weights:
            row["traffic_weight"] = {"plain": 0.7, "gold": 0.1, "rare": 0.2}[row["cohort"]]
    entries = [
        evaluators.Entry(evaluators.configure(project, name=name, kind="exact_match"), is_primary=name == "exact")
        for name in EVALUATORS
    ]
    run = evals.start_run(
        project,
        dataset=runs.pinned(project, golden),
        teacher=runs.live(project, "big", "http://127.0.0.1:9"),
        student=runs.live(project, "small", "http://127.0.0.1:9"),
        suite=evaluators.freeze_suite(project, slug="two", entries=entries),
    )
    plan = {**run.plan, "models": {r: {**m, "tokenizer": "tok"} for r, m in run.plan["models"].items()}}
    EvalRun.objects.filter(pk=run.pk).update(repeats=kind.repeats, plan=plan)
    run.refresh_from_db()
    rows = []
    for example in Example.objects.filter(version=run.dataset_version).select_related("cohort"):
        sides = {role: _answers(dice, kind) for role in (TEACHER, STUDENT)}
        if dice.random() < 0.1:
            sides[dice.choice([TEACHER, STUDENT])] = []
        logprobs = {role: _logprobs(dice) if kind.tokens and dice.random() < 0.8 else None for role in sides}
        for role, arms in sides.items():
            _keep(run, example, role, arms, logprobs[role])
        if all(sides.values()):
            told = divergence_of(logprobs[TEACHER], logprobs[STUDENT], tokenizers=("tok", "tok"))
            if kind.tokens and told is None:
                told = RowMissing("no_logprobs")
            arms = {
                role: Arm(**{**_fields(first), "repeats": tuple(others)}) for role, (first, *others) in sides.items()
            }
            rows.append(
                Row(example.key, example.cohort.name, arms[TEACHER], arms[STUDENT], example.cluster or None, told)
            )
    return run, rows


def _answers(dice: random.Random, kind: Kind) -> list[Arm]:
    return [_arm(dice) for _ in range(kind.repeats) if kind.repeats == 1 or dice.random() < 0.9]


def _arm(dice: random.Random) -> Arm:
    fault = dice.choice(["upstream_deadline", "rate_limited", *[None] * 8])
    scores: dict[str, Outcome] = {}
    for name in EVALUATORS:
        if dice.random() < 0.9:
            missing = Outcome(None, dice.choice(REASONS) or None)
            value = float(dice.random() < 0.8) if name == "exact" else dice.randint(0, 4) / 4
            scores[name] = missing if fault or dice.random() < 0.1 else Outcome(value)
    return Arm(
        scores=scores,
        cost_usd=dice.choice([None, *[Decimal(dice.randint(1, 10**7)).scaleb(-9)] * 6]),
        latency_ms=dice.choice([None, math.inf, *[round(900 * dice.random(), 4)] * 6]),
        fault=fault,
        first_token_ms=dice.choice([None, *[round(90 * dice.random(), 4)] * 3]),
        finish=dice.choice(["stop", "length", "content_filter", None]),
    )


def _logprobs(dice: random.Random) -> list[Any]:
    found = []
    for _ in range(dice.randint(1, 4)):
        share = 0.5 + 0.4 * dice.random()
        token = "a" if dice.random() < 0.9 else "b"
        found.append([token, math.log(share), [["a", math.log(share)], ["b", math.log(0.99 - share)]]])
    return found


def _keep(run: EvalRun, example: Example, role: str, arms: list[Arm], logprobs: list[Any] | None) -> None:
    for repeat, arm in enumerate(arms):
        generation = Generation.objects.create(
            run=run, example=example, role=role, repeat=repeat, output="text", fault=arm.fault or "",
            cost_usd=arm.cost_usd, latency_ms=arm.latency_ms, first_token_ms=arm.first_token_ms,
            finish_reason=arm.finish or "", logprobs=logprobs if repeat == 0 else None,
        )  # fmt: skip
        Score.objects.bulk_create(
            Score(generation=generation, evaluator=name, value=outcome.value, reason=outcome.reason or "")
            for name, outcome in arm.scores.items()
        )


def _fields(arm: Arm) -> dict[str, Any]:
    names = ("scores", "cost_usd", "latency_ms", "fault", "first_token_ms", "finish")
    return {name: getattr(arm, name) for name in names}
