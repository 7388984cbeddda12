"""What must hold before a run may start, and the plan that is frozen when it does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal

from django.utils import timezone

from apps.datasets.models import DatasetVersion, Example
from apps.evals import estimate
from apps.evals.models import DIVERGENCES, EVIDENCE, PURPOSES, STUDENT, TEACHER
from apps.evaluators.models import SuiteVersion
from apps.kernel import digest, plan, price
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.evaluators import catalogue
from apps.projects.models import Project
from apps.registry import queries as registry
from apps.registry.models import ModelVersion

MOST_REPEATS = 10
SEEDS = range(0, 2**31 - MOST_REPEATS)


def prices(
    teacher: ModelVersion, student: ModelVersion, *, given: Mapping[str, price.PriceCard], allow_unpriced: bool
) -> dict[str, dict[str, str | None] | None]:
    if teacher.pk == student.pk:
        raise InvalidInput(
            f"{teacher} cannot be its own student; choose two different versions.",
            code="same_model",
            where={"field": "student"},
        )
    found: dict[str, dict[str, str | None] | None] = {}
    for role, version in ((TEACHER, teacher), (STUDENT, student)):
        card = given.get(role) or registry.price_value(registry.price_on(version, timezone.now().date()))
        found[role] = _price_json(card)
        if card is None and not version.is_recorded and not allow_unpriced:
            raise Conflict(
                f"{version} has no price, so its spend could not be told or limited.",
                code="model_unpriced",
                where={"field": role},
                fix="Set prices for it, or start with allow_unpriced.",
            )
    return found


def check_suite(suite: SuiteVersion, examples: Sequence[Example]) -> None:
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


def judge_prices(project: Project, suite: SuiteVersion) -> dict[str, dict[str, str | None] | None]:
    """The price of each judge today, by ``judge:`` and its evaluator. Raises InvalidInput ``judge_not_callable``."""
    found: dict[str, dict[str, str | None] | None] = {}
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
        found[f"judge:{entry['name']}"] = _price_json(card)
    return found


def frozen(
    dataset: DatasetVersion,
    teacher: ModelVersion,
    student: ModelVersion,
    suite: SuiteVersion,
    pairing: plan.Pairing,
    *,
    prices: Mapping[str, object],
    sampling: Mapping[str, object],
) -> dict[str, object]:
    """The plan as it is frozen. ``sampling`` names only what differs from one answer a row without a seed."""
    versions = {TEACHER: teacher, STUDENT: student}
    return {
        "dataset": {"name": str(dataset), "digest": dataset.digest, "weights_source": dataset.weights_source},
        "suite": {"name": str(suite), "digest": suite.digest},
        "models": {role: {"name": str(version), "digest": version.digest} for role, version in versions.items()},
        "prices": prices,
        "examples": digest.of(list(pairing.keys)),
        **sampling,
    }


def sampling_of(*, repeats: int, seed: int | None, purpose: str, divergence: str = "") -> dict[str, object]:
    """What to freeze of how answers are drawn; empty for the usual run, so that its digest stays what it was."""
    given = {"repeats": repeats, "seed": seed, "purpose": purpose, "divergence": divergence}
    usual = {"repeats": 1, "seed": None, "purpose": EVIDENCE, "divergence": ""}
    return {name: value for name, value in given.items() if value != usual[name]}


def _price_json(card: price.PriceCard | None) -> dict[str, str | None] | None:
    if card is None:
        return None
    # Normalised, so that 5, 5.0 and 5.000000 from a file, a form and a column freeze to one text and one digest.
    return {name: None if value is None else format(value.normalize(), "f") for name, value in asdict(card).items()}


def pairing(examples: Sequence[Example], teacher: ModelVersion, student: ModelVersion) -> plan.Pairing:
    """The examples that both sides can answer. Raises InvalidInput ``nothing_paired``."""
    found = plan.pair(
        (example.key for example in examples),
        teacher=registry.recorded_keys(teacher) if teacher.is_recorded else None,
        student=registry.recorded_keys(student) if student.is_recorded else None,
    )
    if not found.keys:
        raise InvalidInput(
            "No example has an output of both sides; check that the ids are the same in all three files.",
            code="nothing_paired",
            where={"unpaired": found.as_json()},
        )
    return found


def check_sampling(*, repeats: int, seed: int | None, purpose: str) -> None:
    """Raises InvalidInput ``out_of_range`` and ``purpose_unknown``."""
    if not 1 <= repeats <= MOST_REPEATS:
        raise InvalidInput(
            f"An example is answered 1 to {MOST_REPEATS} times, not {repeats}.",
            code="out_of_range",
            where={"field": "repeats"},
        )
    if seed is not None and seed not in SEEDS:
        raise InvalidInput(
            f"A sampling seed is a whole number from 0 to {SEEDS[-1]:,}.", code="out_of_range", where={"field": "seed"}
        )
    if purpose not in dict(PURPOSES):
        raise InvalidInput(
            f"'{purpose[:40]}' is no purpose of a run; it is one of: {', '.join(dict(PURPOSES))}.",
            code="purpose_unknown",
            where={"field": "purpose"},
        )


def check_divergence(divergence: str) -> None:
    """Raises InvalidInput ``divergence_unknown``."""
    known = [name for name, _ in DIVERGENCES if name]
    if divergence and divergence not in known:
        raise InvalidInput(
            f"'{divergence[:40]}' is no divergence that a run can measure; it is one of: {', '.join(known)}.",
            code="divergence_unknown",
            where={"field": "divergence"},
        )


def check_budget(budget_usd: Decimal | None, expected: estimate.Estimate) -> None:
    """A budget is a promise: every call must have a bound, and the cheapest run must fit.

    Raises InvalidInput ``budget_invalid``, ``budget_too_small``, ``answer_unlimited``; Conflict ``model_unpriced``.
    """
    if budget_usd is None:
        return
    where = {"field": "budget_usd"}
    if not budget_usd.is_finite() or not 0 < budget_usd < price.ABSURD:
        raise InvalidInput("A budget is a number of US dollars above 0.", code="budget_invalid", where=where)
    if expected.spend_usd is None:
        raise Conflict(
            f"A budget cannot be kept: no price is set for {', '.join(expected.unpriced)}.",
            code="model_unpriced",
            where=where,
            fix="Set prices, or start without a budget.",
        )
    if expected.unbounded:
        raise InvalidInput(
            f"A budget cannot be kept: nothing limits the answers of {', '.join(expected.unbounded)}.",
            code="answer_unlimited",
            where=where,
            fix="Register a version with a limit (max_tokens; Ollama: options.num_predict), or start without a budget.",
        )
    least, most = expected.spend_usd
    held = expected.held_usd
    # Answers and verdicts have what the checks of the judges leave: a run that cannot be checked is not worth starting.
    least += held - (expected.checking_usd[0] if expected.checking_usd else 0)
    if budget_usd < least:
        kept = f", ${held:.6f} of it kept for checking the judges" if held else ""
        raise InvalidInput(
            f"The run costs at least ${least:.6f}{kept}, and at most ${max(least, most):.6f}; the budget is "
            f"${budget_usd:f}.",
            code="budget_too_small",
            where={**where, "least_usd": f"{least:f}", "most_usd": f"{max(least, most):f}"},
            fix="Raise the budget, or take fewer examples.",
        )
