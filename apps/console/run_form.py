"""The form of a new run: what is compared, on which rows, by which evaluators, and which gate is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django import forms

from apps.console import figures, row_plan, suite_form
from apps.console.base import Here
from apps.console.forms import Reference
from apps.datasets import queries as datasets
from apps.evals import actions, estimate, foresight
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
DIVERGENCES = [("", "none beyond next tokens"), ("bits_per_byte", "bits per byte of whole answers")]
PURPOSES = [("evidence", "evidence for a verdict"), ("selection", "selection of golden rows")]


class NewRun(suite_form.SuiteFields):
    dataset = Reference(help_text="A pinned version: evidence needs rows that can no longer change.")
    teacher = Reference()
    student = Reference(help_text="Another model version than the teacher.")
    policy = Reference(label="Gate", required=False, none="none", help_text="Asked as soon as the scorecard is sealed.")
    budget_usd = forms.DecimalField(
        label="Budget in US dollars", required=False, max_digits=18, decimal_places=9,
        help_text="The run pauses before it could spend more.",
    )  # fmt: skip
    repeats = forms.IntegerField(
        label="Answers to each row", initial=1, required=False,
        help_text="1 to 10. More than one tells how often a model disagrees with itself; rows stay the unit.",
    )  # fmt: skip
    seed = forms.IntegerField(
        label="Sampling seed", required=False,
        help_text="Sent to providers as their seed, one further for each repeat. Without it nothing is sent.",
    )  # fmt: skip
    reuse_answers = forms.BooleanField(
        label="Reuse earlier answers to exactly the same requests", required=False,
        help_text="Nothing is sent for them; they count at list price and are marked.",
    )  # fmt: skip
    purpose = forms.ChoiceField(
        choices=PURPOSES, required=False,
        help_text="A selection run only chooses rows: it is no evidence, and its answers are never reused.",
    )  # fmt: skip
    divergence = forms.ChoiceField(
        choices=DIVERGENCES, required=False,
        help_text="Asks the student once more a row how likely it finds the teacher's answer. Needs a teacher version "
        "with logprobs, and a student on vLLM, llama.cpp or OpenAI completions.",
    )  # fmt: skip
    allow_unpriced = forms.BooleanField(
        label="Start although a live model has no price", required=False, help_text="Its spend is then unknown."
    )

    field_order = (
        "dataset", "teacher", "student", *suite_form.FIELDS, "policy",
        "budget_usd", "repeats", "seed", "reuse_answers", "divergence", "purpose", "allow_unpriced",
    )  # fmt: skip

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
    return actions.start_run(
        here.inside, **parts, **_terms(asked), policy_slug=slug, allow_unpriced=asked["allow_unpriced"]
    )


def estimated(here: Here, asked: dict[str, Any]) -> SimpleNamespace:
    """What starting would do and cost, in words. Nothing is kept of it but a suite that was just put together."""
    parts = _parts(here, asked)
    found = foresight.of_run(**parts, **_terms(asked))
    expected = found.estimate
    policy = gates.policy_named(here.inside, asked["policy"] or DEFAULT_POLICY)
    return SimpleNamespace(
        rows=figures.count(expected.rows),
        calls=figures.count(expected.calls),
        tokens="" if not expected.calls else f"{_counts(found.tokens_in)} in, {_counts(found.tokens_out)} out",
        spend=_to(figures.usd, expected.spend_usd) or "unknown",
        checking=_to(figures.usd, expected.checking_usd) if expected.checking_usd and expected.checking_usd[1] else "",
        time=_to(figures.duration, found.seconds) or "unknown until each of these models has been called here",
        reusable=figures.count(found.reusable) if found.reusable is not None else "",
        dataset=str(parts["dataset"]),
        unpriced=expected.unpriced,
        warnings=[*_warnings(expected), *_unmeasured(parts, asked["divergence"])],
        policy=asked["policy"] or DEFAULT_POLICY,
        plan=row_plan.under(parts["dataset"], policy),
    )


def _warnings(expected: estimate.Estimate) -> list[str]:
    warnings = []
    if not expected.calls:
        warnings.append("Every answer is recorded and no judge is asked: no model is called.")
    if expected.unlimited:
        warnings.append(
            f"No max_tokens is set for {', '.join(expected.unlimited)}: the upper end assumes "
            f"{estimate.ANSWER_TOKENS_UNSET} tokens an answer."
        )
    return warnings


def _unmeasured(parts: dict[str, Any], divergence: str) -> list[str]:
    """Why the divergence that was asked for will not be known."""
    if not divergence:
        return []
    teacher, student = parts["teacher"], parts["student"]
    warnings = []
    if not estimate.can_score(student):
        warnings.append(f"Bits per byte will read not comparable: {student} cannot score a given text.")
    if teacher.is_recorded or not (teacher.parameters.get("logprobs") or teacher.parameters.get("include")):
        warnings.append(f"Bits per byte will be missing: {teacher} does not ask for log-probabilities (logprobs).")
    return warnings


def _to(words: Callable[[Any], str], ends: Sequence[Any] | None) -> str:
    """A range in words; one word where both ends read alike."""
    return " to ".join(dict.fromkeys(words(end) for end in ends)) if ends else ""


def _counts(ends: Sequence[int]) -> str:
    return _to(figures.count, ends)


def _terms(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "budget_usd": asked["budget_usd"],
        "repeats": 1 if asked["repeats"] is None else asked["repeats"],
        "seed": asked["seed"],
        "reuse_answers": asked["reuse_answers"],
        "purpose": asked["purpose"] or "evidence",
        "divergence": asked["divergence"],
    }


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
