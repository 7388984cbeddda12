"""Start a run: check everything first, freeze the plan, ring the workers. And cancel one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict

from django.conf import settings
from django.utils import timezone

from apps.audit.action import Done, action
from apps.audit.move import move
from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion, Example
from apps.evals.models import EVIDENCE, SELECTION, STUDENT, TEACHER, Batch, EvalRun
from apps.evaluators.models import SuiteVersion
from apps.kernel import digest, lifecycle, plan, price
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.evaluators import catalogue
from apps.projects.models import Project
from apps.projects.queries import next_number
from apps.registry import queries as registry
from apps.registry.models import ModelVersion
from apps.tenancy.acting import current
from apps.tenancy.permissions import Permission
from apps.tenancy.tasking import enqueue

# Recorded answers need no call, so a batch of them is bounded by memory, not by its lease.
RECORDED_BATCH_EXAMPLES = 200


@action("eval_run.started", needs=Permission.RUN_EVALS, says="started {run}: {student} against {teacher} on {dataset}")
def start_run(
    project: Project,
    *,
    dataset: DatasetVersion,
    teacher: ModelVersion,
    student: ModelVersion,
    suite: SuiteVersion,
    policy_slug: str = "",
    allow_unpriced: bool = False,
    prices: Mapping[str, price.PriceCard] | None = None,
    purpose: str = EVIDENCE,
) -> Done[EvalRun]:
    """Freeze a run and ring the workers. ``policy_slug`` names the gate to ask when the scorecard is sealed.

    ``prices`` by role (teacher, student) stand in for the price cards of the day, for this run only. A run whose
    ``purpose`` is selection says so in its plan, and with it on its scorecard, which no gate takes as evidence.

    Raises InvalidInput (same_model, rows_lack_field, cohort_unknown, nothing_paired, purpose_unknown),
    Conflict (dataset_not_pinned, model_unpriced).
    """
    frozen_purpose = _purpose(purpose)
    datasets.require_pinned(dataset)
    frozen_prices = _prices(teacher, student, given=prices or {}, allow_unpriced=allow_unpriced)
    examples = list(datasets.examples(dataset))
    _check_suite(suite, examples)
    judge_prices = _judge_prices(project, suite)
    pairing = plan.pair(
        (example.key for example in examples),
        teacher=registry.recorded_keys(teacher) if teacher.is_recorded else None,
        student=registry.recorded_keys(student) if student.is_recorded else None,
    )
    if not pairing.keys:
        raise InvalidInput(
            "No example has an output of both sides; check that the ids are the same in all three files.",
            code="nothing_paired",
            where={"unpaired": pairing.as_json()},
        )
    frozen = _frozen(dataset, teacher, student, suite, pairing, prices=frozen_prices | judge_prices) | frozen_purpose
    run = EvalRun.objects.create(
        project=project,
        number=next_number(project, EvalRun),
        dataset_version=dataset,
        teacher=teacher,
        student=student,
        suite_version=suite,
        policy_slug=policy_slug,
        purpose=purpose,
        plan=frozen,
        plan_digest=digest.of(frozen),
        example_count=len(pairing.keys),
        unpaired=pairing.as_json(),
        started_by=current().actor.label,
    )
    _hand_out(run, examples, pairing)
    enqueue("evals.work", run.organization_id, run.id)
    words = {"run": run, "teacher": teacher, "student": student, "dataset": dataset}
    facts = {**{name: str(value) for name, value in words.items()}, "plan_digest": run.plan_digest}
    return Done(run, run, facts={**facts, "suite": str(suite)}, words=words)


@action("eval_run.cancelled", needs=Permission.RUN_EVALS, says="cancelled {run}")
def cancel_run(run: EvalRun, *, because: str) -> Done[EvalRun]:
    """Stop handing out batches. Raises Conflict ``already_finished`` for a run that has ended."""
    if lifecycle.is_final("evals.evalrun", run.status):
        raise Conflict(f"{run} has ended ({run.status.lower()}).", code="already_finished")
    move(run, to=lifecycle.CANCELLED, because=because or "cancelled by hand", finished_at=timezone.now())
    return Done(run, run, facts={"run": str(run)}, words={"run": run}, because=because)


def _purpose(purpose: str) -> dict[str, object]:
    """What the plan says of it: nothing for evidence, so that such plans keep their digest."""
    if purpose not in (EVIDENCE, SELECTION):
        raise InvalidInput(
            f"A run is for {EVIDENCE} or for {SELECTION}.", code="purpose_unknown", where={"field": "purpose"}
        )
    return {} if purpose == EVIDENCE else {"purpose": purpose}


def _prices(
    teacher: ModelVersion, student: ModelVersion, *, given: Mapping[str, price.PriceCard], allow_unpriced: bool
) -> dict[str, dict[str, str | None] | None]:
    if teacher.pk == student.pk:
        raise InvalidInput(
            f"{teacher} cannot be its own student; choose two different versions.",
            code="same_model",
            where={"field": "student"},
        )
    frozen: dict[str, dict[str, str | None] | None] = {}
    for role, version in ((TEACHER, teacher), (STUDENT, student)):
        card = given.get(role) or registry.price_value(registry.price_on(version, timezone.now().date()))
        frozen[role] = _price_json(card)
        if card is None and not version.is_recorded and not allow_unpriced:
            raise Conflict(
                f"{version} has no price, so its spend could not be told or limited.",
                code="model_unpriced",
                where={"field": role},
                fix="Set prices for it, or start with allow_unpriced.",
            )
    return frozen


def _check_suite(suite: SuiteVersion, examples: list[Example]) -> None:
    by_cohort: dict[str, dict[str, Mapping[str, object]]] = defaultdict(dict)
    for example in examples:
        by_cohort[example.cohort.name][example.key] = example.content
    for entry in suite.entries:
        unknown = set(entry["cohorts"]) - set(by_cohort)
        if unknown:
            raise InvalidInput(
                f"The suite sends '{entry['name']}' to a cohort the dataset lacks: {', '.join(sorted(unknown))[:80]}.",
                code="cohort_unknown",
                where={"evaluator": entry["name"]},
            )
        needed = catalogue.get(entry["kind"]).needs(entry["settings"])
        for cohort in entry["cohorts"] or by_cohort:
            plan.check_fields(by_cohort[cohort], needed, evaluator=entry["name"])


def _judge_prices(project: Project, suite: SuiteVersion) -> dict[str, dict[str, str | None] | None]:
    """The price of each judge today, by ``judge:`` and its evaluator. Raises InvalidInput ``judge_not_callable``."""
    frozen: dict[str, dict[str, str | None] | None] = {}
    for entry in suite.entries:
        if entry["judge_version_id"] is None:
            continue
        judge = registry.versions(project).filter(pk=entry["judge_version_id"]).first()
        if judge is None or judge.is_recorded:
            raise InvalidInput(
                f"The judge of '{entry['name']}' is not a model of this project that can be called.",
                code="judge_not_callable",
                where={"evaluator": entry["name"]},
                fix="Register the judge with an endpoint, and name that version.",
            )
        card = registry.price_value(registry.price_on(judge, timezone.now().date()))
        frozen[f"judge:{entry['name']}"] = _price_json(card)
    return frozen


def _frozen(
    dataset: DatasetVersion,
    teacher: ModelVersion,
    student: ModelVersion,
    suite: SuiteVersion,
    pairing: plan.Pairing,
    *,
    prices: Mapping[str, object],
) -> dict[str, object]:
    versions = {TEACHER: teacher, STUDENT: student}
    return {
        "dataset": {"name": str(dataset), "digest": dataset.digest, "weights_source": dataset.weights_source},
        "suite": {"name": str(suite), "digest": suite.digest},
        "models": {role: {"name": str(version), "digest": version.digest} for role, version in versions.items()},
        "prices": prices,
        "examples": digest.of(list(pairing.keys)),
    }


def _price_json(card: price.PriceCard | None) -> dict[str, str | None] | None:
    if card is None:
        return None
    # Normalised, so that 5, 5.0 and 5.000000 from a file, a form and a column freeze to one text and one digest.
    return {name: None if value is None else format(value.normalize(), "f") for name, value in asdict(card).items()}


def _hand_out(run: EvalRun, examples: list[Example], pairing: plan.Pairing) -> None:
    ids = {example.key: str(example.id) for example in examples}
    is_live = not (run.teacher.is_recorded and run.student.is_recorded)
    size = settings.EVAL_BATCH_EXAMPLES if is_live else RECORDED_BATCH_EXAMPLES
    Batch.objects.bulk_create(
        Batch(run=run, position=position, example_ids=[ids[key] for key in keys])
        for position, keys in enumerate(plan.batches(pairing.keys, size=size))
    )
