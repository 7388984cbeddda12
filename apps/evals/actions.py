"""Start a run: check everything first, freeze the plan, ring the workers. Pause, resume, cancel it; retry failures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from apps.audit.action import Done, action
from apps.audit.move import move
from apps.datasets import queries as datasets
from apps.datasets.models import DatasetVersion
from apps.evals import estimate, planning
from apps.evals.models import ANSWERING, EVIDENCE, JUDGING, MEASURING, Batch, EvalRun
from apps.evals.store import failures, seats, tallies
from apps.evaluators.models import SuiteVersion
from apps.kernel import budget, digest, lifecycle, plan, price
from apps.kernel.errors import Conflict, InvalidInput
from apps.projects.models import Project
from apps.projects.queries import next_number
from apps.registry.models import ModelVersion
from apps.tenancy.acting import current
from apps.tenancy.permissions import Permission

# Recorded answers need no call, so a batch of them is bounded by memory, not by its lease.
RECORDED_BATCH_EXAMPLES = 200
KIND = "evals.evalrun"


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
    repeats: int = 1,
    seed: int | None = None,
    purpose: str = EVIDENCE,
    budget_usd: Decimal | None = None,
    reuse_answers: bool = False,
    divergence: str = "",
) -> Done[EvalRun]:
    """Freeze a run and ring the workers. ``policy_slug`` names the gate to ask when the scorecard is sealed.

    ``prices`` by role (teacher, student) stand in for the price cards of the day, for this run only. Each example is
    answered ``repeats`` times (1 to 10); ``seed`` goes to the provider, one further for each repeat, and only if given.
    The run pauses before it could spend more than ``budget_usd``, which includes what checking its judges
    costs. ``reuse_answers`` takes answers of this organization to exactly the same request instead of asking again.
    ``divergence`` "bits_per_byte" asks the student how likely it finds each first answer of the teacher: one more call
    a row.

    Raises InvalidInput (same_model, rows_lack_field, cohort_unknown, nothing_paired, out_of_range, purpose_unknown,
    divergence_unknown, budget_invalid, budget_too_small, answer_unlimited), Conflict (dataset_not_pinned,
    model_unpriced).
    """
    datasets.require_pinned(dataset)
    planning.check_sampling(repeats=repeats, seed=seed, purpose=purpose)
    planning.check_divergence(divergence)
    frozen_prices = planning.prices(teacher, student, given=prices or {}, allow_unpriced=allow_unpriced)
    examples = list(datasets.examples(dataset))
    planning.check_suite(suite, examples)
    judge_prices = planning.judge_prices(project, suite)
    pairing = planning.pairing(examples, teacher, student)
    held_usd = budget.NOTHING
    if budget_usd is not None:
        parts = {"dataset": dataset, "teacher": teacher, "student": student, "suite": suite}
        expected = estimate.of_run(**parts, repeats=repeats, divergence=divergence)
        planning.check_budget(budget_usd, expected)
        held_usd = expected.held_usd
    frozen = planning.frozen(
        dataset, teacher, student, suite, pairing, prices=frozen_prices | judge_prices,
        sampling=planning.sampling_of(repeats=repeats, seed=seed, purpose=purpose, divergence=divergence),
    )  # fmt: skip
    run = _create(
        project, frozen, dataset_version=dataset, teacher=teacher, student=student, suite_version=suite,
        policy_slug=policy_slug, purpose=purpose, repeats=repeats, seed=seed, budget_usd=budget_usd,
        held_usd=held_usd, reuse_answers=reuse_answers, divergence=divergence, example_count=len(pairing.keys),
        unpaired=pairing.as_json(),
    )  # fmt: skip
    ids = {example.key: str(example.id) for example in examples}
    _hand_out(run, [[ids[key] for key in keys] for keys in plan.batches(pairing.keys, size=_batch_size(run))])
    words = {"run": run, "teacher": teacher, "student": student, "dataset": dataset}
    facts = {**{name: str(value) for name, value in words.items()}, "plan_digest": run.plan_digest, "suite": str(suite)}
    return Done(run, run, facts={**facts, **_terms(run)}, words=words)


@action("eval_run.cancelled", needs=Permission.RUN_EVALS, says="cancelled {run}")
def cancel_run(run: EvalRun, *, because: str) -> Done[EvalRun]:
    """Stop handing out batches. Raises Conflict ``already_finished`` for a run that has ended."""
    _require_unfinished(run)
    move(run, to=lifecycle.CANCELLED, because=because or "cancelled by hand", finished_at=timezone.now())
    return Done(run, run, facts={"run": str(run)}, words={"run": run}, because=because)


@action("eval_run.paused", needs=Permission.RUN_EVALS, says="paused {run}")
def pause_run(run: EvalRun, *, because: str = "") -> Done[EvalRun]:
    """Send nothing more; what is on its way comes back and is kept. A paused run stays as it is.

    Raises Conflict ``already_finished``.
    """
    _require_unfinished(run)
    changed = move(run, to=lifecycle.PAUSED, because=because or "paused by hand", paused_because="by_hand")
    return Done(run, run, facts={"run": str(run)}, words={"run": run}, because=because, changed=changed)


@action("eval_run.resumed", needs=Permission.RUN_EVALS, says="resumed {run}")
def resume_run(run: EvalRun, *, because: str = "", budget_usd: Decimal | None = None) -> Done[EvalRun]:
    """Go on with a paused run, under a new budget if one is given.

    Raises Conflict ``not_paused`` and ``budget_spent`` (a spent budget must be raised), InvalidInput
    ``budget_too_small``.
    """
    run.refresh_from_db()
    if run.status != lifecycle.PAUSED:
        raise Conflict(f"{run} is {run.status.lower()}, not paused.", code="not_paused")
    used = run.spent_usd + run.reserved_usd + run.held_usd
    if budget_usd is not None and (not budget_usd.is_finite() or not used < budget_usd < price.ABSURD):
        raise InvalidInput(
            f"{run} has spent or set aside up to ${used:f} already; the budget must be larger.",
            code="budget_too_small",
            where={"field": "budget_usd"},
        )
    if budget_usd is None and run.paused_because == budget.BUDGET_SPENT:
        raise Conflict(f"The budget of {run} is spent.", code="budget_spent", fix="Resume with a larger budget_usd.")
    changes = {} if budget_usd is None else {"budget_usd": budget_usd}
    move(run, to=lifecycle.RUNNING, because=because or "resumed by hand", paused_because="", **changes)
    seats.ring_all(run)
    facts = {"run": str(run), **_terms(run)}
    return Done(run, run, facts=facts, words={"run": run}, because=because)


@action("eval_run.failures_reopened", needs=Permission.RUN_EVALS, says="retried what failed in {run}")
def retry_failed(run: EvalRun, *, because: str = "") -> Done[EvalRun]:
    """Ask again only where an answer or a judge's verdict is missing by a fault; returns the run that does so.

    A run at work or paused opens those rows again itself. A completed one may be sealed and stays as it is: a new run
    takes its good answers and verdicts, and asks for the rest. Raises Conflict ``nothing_failed`` and ``run_ended``.
    """
    run.refresh_from_db()
    if run.status in (lifecycle.CANCELLED, lifecycle.FAILED):
        raise Conflict(f"{run} is {run.status.lower()}; start a new run.", code="run_ended")
    failed = failures.of(run)
    if not failed.count:
        raise Conflict(f"Nothing failed in {run} that asking again could mend.", code="nothing_failed")
    facts = {"run": str(run), "answers": len(failed.answers), "verdicts": len(failed.verdicts)}
    if run.status != lifecycle.COMPLETED:
        failures.reopen(run, failed)
        if run.status == lifecycle.RUNNING:
            seats.ring_all(run)
        return Done(run, run, facts=facts, words={"run": run}, because=because)
    again = _again(run)
    return Done(again, again, facts={**facts, "as": str(again)}, words={"run": run}, because=because)


def _again(run: EvalRun) -> EvalRun:
    """A new run of the same plan that takes the good answers of this one."""
    frozen = {**run.plan, "retry_of": run.plan_digest}
    copied = (
        "dataset_version_id", "teacher_id", "student_id", "suite_version_id", "policy_slug", "purpose",
        "repeats", "seed", "budget_usd", "held_usd", "divergence", "example_count", "unpaired",
    )  # fmt: skip
    again = _create(run.project, frozen, retry_of=run.id, **{name: getattr(run, name) for name in copied})
    batches = Batch.objects.filter(run=run, stage=ANSWERING).order_by("position")
    _hand_out(again, list(batches.values_list("example_ids", flat=True)))
    return again


def _create(project: Project, frozen: Mapping[str, object], **columns: object) -> EvalRun:
    return EvalRun.objects.create(
        project=project,
        number=next_number(project, EvalRun),
        plan=frozen,
        plan_digest=digest.of(frozen),
        started_by=current().actor.label,
        **columns,
    )


def _require_unfinished(run: EvalRun) -> None:
    run.refresh_from_db(fields=["status"])
    if lifecycle.is_final(KIND, run.status):
        raise Conflict(f"{run} has ended ({run.status.lower()}).", code="already_finished")


def _terms(run: EvalRun) -> dict[str, object]:
    """The terms of a run that are not the usual ones, for the trail."""
    terms = planning.sampling_of(repeats=run.repeats, seed=run.seed, purpose=run.purpose, divergence=run.divergence)
    if run.budget_usd is not None:
        terms["budget_usd"] = f"{run.budget_usd:f}"
    return terms | ({"reuse_answers": True} if run.reuse_answers else {})


def _batch_size(run: EvalRun) -> int:
    is_live = not (run.teacher.is_recorded and run.student.is_recorded)
    return settings.EVAL_BATCH_EXAMPLES if is_live else RECORDED_BATCH_EXAMPLES


def _is_measured(run: EvalRun) -> bool:
    return bool(run.divergence) and estimate.can_score(run.student)


def _hand_out(run: EvalRun, batches: list[list[str]]) -> None:
    """Cut the run into batches of its stages and ring for the first. Judging and measuring wait for the answers."""
    asks_judges = any(entry["judge_version_id"] for entry in run.suite_version.entries)
    stages = (ANSWERING, *((JUDGING,) if asks_judges else ()), *((MEASURING,) if _is_measured(run) else ()))
    Batch.objects.bulk_create(
        Batch(run=run, stage=stage, position=position, example_ids=ids, is_ready=stage == ANSWERING)
        for stage in stages
        for position, ids in enumerate(batches)
    )
    tallies.plan(run)
    seats.prepare(run, stages)
    seats.ring(run.id, ANSWERING)
