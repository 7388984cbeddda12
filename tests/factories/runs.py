"""Whole comparisons for tests, built through the actions: golden rows, two models, a suite, a policy, a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.datasets import actions as datasets
from apps.datasets.models import DatasetVersion
from apps.evals import actions as evals
from apps.evals import coordinate
from apps.evals.models import EvalRun
from apps.evaluators import actions as evaluators
from apps.evaluators.models import SuiteVersion
from apps.gates import actions as gates
from apps.gates.models import GateDecision
from apps.kernel.policy import TEMPLATES
from apps.kernel.price import PriceCard
from apps.kernel.reading.golden import parse_golden
from apps.kernel.reading.recorded import parse_outputs
from apps.kernel.reading.rows import read_rows
from apps.projects.models import Project
from apps.registry import actions as registry
from apps.registry.models import ModelVersion
from apps.scorecards import actions as scorecards
from apps.scorecards import assemble
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import Acting, acting

Rows = Sequence[dict[str, Any]]


def golden_rows(count: int = 6, *, cohorts: Sequence[str] = ("plain", "gold")) -> list[dict[str, Any]]:
    """Rows in turn over the cohorts; ``gold`` is the high-value one."""
    return [
        {
            "id": f"row-{number:04d}",
            "cohort": cohorts[number % len(cohorts)],
            "high_value": cohorts[number % len(cohorts)] == "gold",
            "input": f"question {number}",
            "reference": f"answer {number}",
        }
        for number in range(count)
    ]


def output_rows(rows: Rows, *, wrong: Sequence[str] = (), model: str = "big") -> list[dict[str, Any]]:
    """The right answer to each golden row, but for those whose id is in ``wrong``."""
    return [
        {
            "id": row["id"],
            "model": model,
            "output": "nonsense" if row["id"] in wrong else row["reference"],
            "input_tokens": 10,
            "output_tokens": 2,
            "latency_ms": 100.0,
        }
        for row in rows
    ]


def lines(rows: Rows) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def pinned(project: Project, rows: Rows | None = None, *, slug: str = "golden") -> DatasetVersion:
    golden = parse_golden(read_rows("golden.jsonl", [lines(rows or golden_rows())]))
    return datasets.pin_version(datasets.import_golden(project, slug=slug, golden=golden))


def recorded(project: Project, slug: str, outputs: Rows) -> ModelVersion:
    parsed = parse_outputs(read_rows("outputs.jsonl", [lines(outputs)]))
    return registry.import_outputs(registry.register_model(project, slug=slug), parsed.outputs)


def live(
    project: Project,
    slug: str,
    base_url: str,
    *,
    concurrency: int = 8,
    max_tokens: int | None = None,
    dialect: str = "openai_chat",
    **more: object,
) -> ModelVersion:
    """A version behind a loopback endpoint, with a price; ``more`` are further parameters of its calls."""
    provider = registry.register_provider(slug=f"provider-{slug}", dialect=dialect)
    endpoint = registry.register_endpoint(provider, slug=f"end-{slug}", base_url=base_url, concurrency=concurrency)
    parameters = {"temperature": 0, **({"max_tokens": max_tokens} if max_tokens else {}), **more}
    version = registry.register_version(
        registry.register_model(project, slug=slug), endpoint=endpoint, remote_name=slug, parameters=parameters
    )
    registry.set_price(version, valid_from=timezone.now().date(), card=PriceCard(Decimal(1), Decimal(2)))
    return version


def suite(project: Project, *, slug: str = "suite") -> SuiteVersion:
    entry = evaluators.Entry(evaluators.configure(project, name="ExactMatch", kind="exact_match"))
    return evaluators.freeze_suite(project, slug=slug, entries=[entry])


def started(project: Project, *, rows: Rows | None = None, wrong: Sequence[str] = (), repeats: int = 1) -> EvalRun:
    """A run over recorded outputs: the teacher right everywhere, the student wrong where told."""
    rows = rows or golden_rows()
    gates.save_policy(project, slug="release", document=TEMPLATES["release"])
    return evals.start_run(
        project,
        dataset=pinned(project, rows),
        teacher=recorded(project, "big", output_rows(rows)),
        student=recorded(project, "small", output_rows(rows, wrong=wrong, model="small")),
        suite=suite(project),
        policy_slug="release",
        repeats=repeats,
    )


def sealed(who: Acting, project: Project, *, rows: Rows | None = None, wrong: Sequence[str] = ()) -> Scorecard:
    """The sealed scorecard of a run worked through in this process."""
    with acting(who):
        run = started(project, rows=rows, wrong=wrong)
    assert coordinate.work(who, run.id, seconds=60)
    with acting(who):
        run.refresh_from_db()
        return scorecards.seal(run, assemble.card_of(run))


def judged(who: Acting, project: Project, *, rows: Rows | None = None, wrong: Sequence[str] = ()) -> GateDecision:
    """A verdict of the ``release`` template on a sealed scorecard."""
    card = sealed(who, project, rows=rows, wrong=wrong)
    with acting(who):
        return gates.decide(card, version=gates.save_policy(project, slug="release", document=TEMPLATES["release"]))
