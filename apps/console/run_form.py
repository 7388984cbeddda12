"""The form of a new run: what is compared, on which rows, by which evaluators, and which gate is asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django import forms

from apps.console import figures, row_plan, suite_form
from apps.console.base import Here
from apps.console.forms import Reference
from apps.datasets import queries as datasets
from apps.evals import actions, estimate
from apps.evals import queries as runs
from apps.evaluators import queries as evaluators
from apps.gates import actions as gate_actions
from apps.gates import queries as gates
from apps.kernel.errors import NotFound
from apps.kernel.policy import TEMPLATES
from apps.registry import queries as registry
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.datasets.models import DatasetVersion
    from apps.evals.models import EvalRun
    from apps.evaluators.models import SuiteVersion
    from apps.registry.models import ModelVersion

DEFAULT_POLICY = "release"


class NewRun(suite_form.SuiteFields):
    dataset = Reference(help_text="A pinned version: evidence needs rows that can no longer change.")
    teacher = Reference()
    student = Reference(help_text="Another model version than the teacher.")
    policy = Reference(label="Gate", required=False, none="none", help_text="Asked as soon as the scorecard is sealed.")
    allow_unpriced = forms.BooleanField(
        label="Start although a live model has no price", required=False, help_text="Its spend is then unknown."
    )

    is_selection = forms.BooleanField(
        label="Only choose golden rows (a selection run)",
        required=False,
        help_text="No gate takes it as evidence; rows are frozen from it, and run again.",
    )

    field_order = ("dataset", "teacher", "student", *suite_form.FIELDS, "policy", "allow_unpriced", "is_selection")

    def offer(self, here: Here) -> None:
        """Fill the lists of choice with what the project has."""
        versions = list(registry.versions(here.inside))
        names = [(str(version), _described(version)) for version in versions]
        self.fields["dataset"].offer(
            (str(version), str(version) if version.is_pinned else f"{version} (a draft: pin it first)")
            for version in datasets.versions(here.inside)
        )
        for role in ("teacher", "student"):
            self.fields[role].offer(names)
        self._suggest(here, versions)
        self.fields["policy"].offer(_policies(here))
        self.fields["policy"].initial = DEFAULT_POLICY
        self.offer_suites(
            [str(suite) for suite in evaluators.suite_versions(here.inside)],
            judges=[str(version) for version in versions if not version.is_recorded],
        )

    def _suggest(self, here: Here, versions: list[ModelVersion]) -> None:
        """The roles of the last run again; before the first one, two different models."""
        last = runs.runs(here.inside).first()
        if last is not None:
            pair = [str(last.teacher), str(last.student)]
        else:
            newest = {version.model_id: str(version) for version in reversed(versions)}
            pair = list(newest.values())[:2]
        for role, name in zip(("teacher", "student"), pair, strict=False):
            self.fields[role].initial = name


def start(here: Here, asked: dict[str, Any]) -> EvalRun:
    """Freeze the suite and the policy where they are new, and start. Raises what the actions raise."""
    parts = _parts(here, asked)
    slug = asked["policy"]
    if slug and not _stands(here, slug):
        gate_actions.save_policy(here.inside, slug=slug, document=_template(slug))
    purpose = actions.SELECTION if asked["is_selection"] else actions.EVIDENCE
    return actions.start_run(
        here.inside, **parts, policy_slug=slug, allow_unpriced=asked["allow_unpriced"], purpose=purpose
    )


def estimated(here: Here, asked: dict[str, Any]) -> SimpleNamespace:
    """What starting would do and cost, in words. Nothing is kept of it but a suite that was just put together."""
    parts = _parts(here, asked)
    found = estimate.of_run(**parts)
    policy = gates.policy_named(here.inside, asked["policy"] or DEFAULT_POLICY)
    spend = found.spend_usd
    warnings = []
    if not found.calls:
        warnings.append("Every answer is recorded and no judge is asked: no model is called.")
    if found.unlimited:
        warnings.append(
            f"No max_tokens is set for {', '.join(found.unlimited)}: the upper end assumes "
            f"{estimate.ANSWER_TOKENS_UNSET} tokens an answer."
        )
    return SimpleNamespace(
        rows=figures.count(found.rows),
        calls=figures.count(found.calls),
        low=figures.usd(spend[0]) if spend else "",
        high=figures.usd(spend[1]) if spend else "",
        unpriced=found.unpriced,
        warnings=warnings,
        policy=asked["policy"] or DEFAULT_POLICY,
        plan=row_plan.under(parts["dataset"], policy),
    )


def _parts(here: Here, asked: dict[str, Any]) -> dict[str, Any]:
    dataset: DatasetVersion = datasets.version(here.inside, asked["dataset"])
    teacher: ModelVersion = registry.version(here.inside, asked["teacher"])
    student: ModelVersion = registry.version(here.inside, asked["student"])
    suite: SuiteVersion = suite_form.suite_of(here.inside, asked, dataset=dataset)
    return {"dataset": dataset, "teacher": teacher, "student": student, "suite": suite}


def _described(version: ModelVersion) -> str:
    return f"{version} ({'recorded outputs' if version.is_recorded else version.endpoint.slug})"


def _policies(here: Here) -> list[tuple[str, str]]:
    """The project's policies, and the templates it has not saved yet for those who may save one."""
    standing: dict[str, str] = {}
    for version in gates.policy_versions(here.inside):
        standing.setdefault(version.policy.slug, str(version))
    if here.may(Permission.EDIT_GATES):
        for name in TEMPLATES:
            standing.setdefault(name, f"{name} (template)")
    return list(standing.items())


def _stands(here: Here, slug: str) -> bool:
    return gates.policy_versions(here.inside).filter(policy__slug=slug).exists()


def _template(slug: str) -> Any:
    if slug not in TEMPLATES:
        raise NotFound(f"There is no gate policy '{slug[:80]}' in this project.", where={"field": "policy"})
    return TEMPLATES[slug]
