"""Choose a suite, or put one together from the kinds of evaluators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms

from apps.console.forms import SLUG_LENGTH, Reference, part
from apps.datasets import queries as datasets
from apps.evaluators import actions, queries
from apps.kernel.errors import InvalidInput
from apps.kernel.evaluators import catalogue
from apps.registry import queries as registry

if TYPE_CHECKING:
    from apps.datasets.models import DatasetVersion
    from apps.evaluators.models import Evaluator, SuiteVersion
    from apps.projects.models import Project

NEW = "a new one, from the evaluators below"
DEFAULT_SLUG = "suite"
NAMES: Mapping[str, str] = {
    "exact_match": "ExactMatch",
    "json_validation": "JSONValidation",
    "groundedness": "Groundedness",
    "task_completion": "TaskCompletion",
    "factual_accuracy": "FactualAccuracy",
}
KINDS: Mapping[str, str] = {
    "exact_match": "ExactMatch: the answer is the reference, but for case and blanks",
    "json_validation": "JSONValidation: the answer is JSON and fits the row's schema",
    "groundedness": "Groundedness: a judge says whether the context bears the answer out",
    "task_completion": "TaskCompletion: a judge says whether the task is done",
    "factual_accuracy": "FactualAccuracy: a judge compares the answer with the reference",
}
EXTRACTS = [("", "the whole answer"), ("first_line", "its first line"), ("first_word", "its first word")]
FIELDS = ("suite", "kinds", "extract", "judge", "recorded", "suite_slug")


class SuiteFields(forms.Form):
    suite = part("", Reference(required=False, none=NEW), is_asked=True)
    kinds = part(
        "suite",
        forms.MultipleChoiceField(
            label="Evaluators of the new suite",
            choices=list(KINDS.items()),
            widget=forms.CheckboxSelectMultiple,
            required=False,
            initial=["exact_match"],
            help_text="Each scores the cohorts whose rows have what it needs: a reference, a schema, a context.",
        ),
    )
    extract = part(
        "suite",
        forms.ChoiceField(label="ExactMatch compares", choices=EXTRACTS, required=False),
        is_asked=True,
    )
    judge = part(
        "suite",
        Reference(required=False, none="none", help_text="The model that judges, for evaluators that ask one."),
    )
    recorded = part(
        "suite",
        forms.CharField(
            label="Recorded scores",
            max_length=400,
            required=False,
            help_text="Paths of scores that came with recorded outputs, with commas between: human.groundedness",
        ),
    )
    suite_slug = part(
        "suite",
        forms.CharField(
            label="Name of the new suite", max_length=SLUG_LENGTH, required=False, help_text=f"Else {DEFAULT_SLUG}."
        ),
    )

    def offer_suites(self, suites: Sequence[str], *, judges: Iterable[str]) -> None:
        self.fields["suite"].offer((name, name) for name in suites)
        self.fields["suite"].initial = suites[0] if suites else ""
        self.fields["judge"].offer((name, name) for name in judges)


def suite_of(project: Project, asked: Mapping[str, Any], *, dataset: DatasetVersion) -> SuiteVersion:
    """The chosen suite, or a new one frozen. Raises NotFound, InvalidInput (suite_empty, judge_missing, …)."""
    if asked["suite"]:
        return queries.suite_version(project, asked["suite"])
    wanted = [(NAMES[kind], kind, _settings(kind, asked)) for kind in asked["kinds"]]
    paths = [path.strip() for path in asked["recorded"].split(",") if path.strip()]
    wanted += [(path, "recorded_score", {"path": path}) for path in paths]
    judge = registry.version(project, asked["judge"]) if asked["judge"] else None
    contents = _contents(dataset)
    entries = [
        actions.Entry(
            _configured(project, name, kind, settings, judge if catalogue.is_judge(kind) else None),
            cohorts=_fitting(contents, catalogue.get(kind).needs(settings)),
        )
        for name, kind, settings in wanted
    ]
    return actions.freeze_suite(project, slug=_slug(asked["suite_slug"]), entries=entries)


def _settings(kind: str, asked: Mapping[str, Any]) -> dict[str, object]:
    if kind != "exact_match":
        return {}
    return {"normalise": True, **({"extract": asked["extract"]} if asked["extract"] else {})}


def _configured(project: Project, name: str, kind: str, settings: dict[str, object], judge: Any) -> Evaluator:
    """Under its plain name, or with what sets it apart where that name stands for another configuration."""
    standing = {row.name: (row.kind, row.settings, row.judge_version_id) for row in queries.evaluators(project)}
    judge_id = judge.pk if judge else None
    apart = str(judge) if judge else str(settings.get("extract", "whole answer"))
    for candidate in (name, f"{name} ({apart})"):
        if standing.get(candidate, (kind, settings, judge_id)) == (kind, settings, judge_id):
            name = candidate
            break
    return actions.configure(project, name=name, kind=kind, settings=settings, judge_version_id=judge_id)


def _contents(dataset: DatasetVersion) -> dict[str, list[Mapping[str, object]]]:
    found: dict[str, list[Mapping[str, object]]] = {}
    for example in datasets.examples(dataset):
        found.setdefault(example.cohort.name, []).append(example.content)
    return found


def _fitting(contents: Mapping[str, list[Mapping[str, object]]], needed: Sequence[str]) -> tuple[str, ...]:
    """The cohorts whose rows all have the fields; empty, which means every cohort, where all have or none has."""
    fit = [
        name for name, rows in contents.items() if all(row.get(field) is not None for row in rows for field in needed)
    ]
    return () if len(fit) == len(contents) else tuple(fit)


def _slug(text: str) -> str:
    slug = text.strip() or DEFAULT_SLUG
    if not slug.replace("-", "").replace("_", "").isalnum() or not slug.isascii():
        raise InvalidInput(
            f"'{slug[:60]}' is no slug: use letters, digits, '-' and '_'.",
            code="slug_invalid",
            where={"field": "suite_slug"},
        )
    return slug
