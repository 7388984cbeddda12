"""Datasets: the list, a version with what its rows can show, import and pinning."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse

from apps.console import baselines, corpora, row_plan, traffic
from apps.console.base import FORM, POST, Here, page, tried
from apps.console.forms import FILE_HELP, SlugField, pairs, part
from apps.console.uploads import rows_of
from apps.corpora import queries as corpus_queries
from apps.datasets import actions, queries
from apps.kernel.errors import DistillHubError
from apps.kernel.reading.golden import parse_golden
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.datasets.models import DatasetVersion, Example


class NewDataset(forms.Form):
    slug = SlugField(label="Dataset", help_text="A short name. The name of a standing dataset makes its next version.")
    file = part("", forms.FileField(required=False, allow_empty_file=True, help_text=FILE_HELP), is_asked=True)
    columns = forms.CharField(
        max_length=400,
        required=False,
        help_text="Where the file calls a column otherwise: reference=expected, cohort=intent.",
    )
    allow_extra = forms.BooleanField(
        label="Keep columns that are not known", required=False, help_text="Otherwise they refuse the file."
    )


@page("datasets")
def datasets(here: Here) -> HttpResponse:
    shown = here.page_of(queries.newest(here.inside))
    rows = [
        SimpleNamespace(
            ref=str(version),
            is_pinned=version.is_pinned,
            examples=version.example_count,
            cohorts=version.cohort_count,
            high_value=version.high_value_rows,
            created_at=version.created_at,
        )
        for version in shown
    ]
    context = {"datasets": rows, "page_obj": shown, "can_edit": here.may(Permission.EDIT_DATASETS)}
    return here.render("console/datasets/list.html", context)


@page("datasets", needs=Permission.EDIT_DATASETS, methods=FORM)
def dataset_new(here: Here) -> HttpResponse:
    form = NewDataset(here.request.POST or None, here.request.FILES or None)
    error = None
    if here.request.method == "POST" and form.is_valid():
        made = tried(lambda: _import(here, form.cleaned_data))
        if not isinstance(made, DistillHubError):
            return here.redirect("dataset", str(made), say=f"{made.example_count:,} rows stand as {made}, a draft.")
        error = made
    context = {"form": form, "error": error}
    return here.render("console/datasets/new.html", context, leaf="Import a dataset")


@page("datasets")
def dataset(here: Here, ref: str) -> HttpResponse:
    version = queries.version(here.inside, ref)
    shown = here.page_of(queries.examples(version), count=version.example_count)
    others = queries.versions(here.inside).filter(dataset=version.dataset_id).exclude(pk=version.pk)
    context = {
        "version": SimpleNamespace(
            ref=str(version),
            digest=version.digest,
            is_pinned=version.is_pinned,
            pinned_at=version.pinned_at,
            examples=version.example_count,
            weights_source=version.weights_source,
            warnings=[warning["detail"] for warning in version.warnings],
            created_at=version.created_at,
        ),
        **row_plan.planned(here, version),
        "origin": baselines.origin(version),
        "checks": corpora.told(corpus_queries.of_dataset(version)),
        "live": traffic.beside_rows(here, version),
        "rows": [_row(example) for example in shown],
        "page_obj": shown,
        "others": [str(other) for other in others],
        "can_pin": here.may(Permission.EDIT_DATASETS),
    }
    return here.render("console/datasets/detail.html", context, leaf=str(version))


@page("datasets", needs=Permission.EDIT_DATASETS, methods=POST)
def dataset_pin(here: Here, ref: str) -> HttpResponse:
    version = actions.pin_version(queries.version(here.inside, ref))
    return here.redirect("dataset", str(version), say=f"{version} is pinned: from here on nothing changes it.")


def _import(here: Here, asked: dict[str, Any]) -> DatasetVersion:
    columns = pairs(asked["columns"], field="columns")
    golden = parse_golden(rows_of(here.request), columns=columns, allow_extra=asked["allow_extra"])
    return actions.import_golden(here.inside, slug=asked["slug"], golden=golden)


def _row(example: Example) -> SimpleNamespace:
    content = example.content
    asked = content.get("input") or content.get("prompt") or _last_said(content.get("messages"))
    return SimpleNamespace(
        key=example.key, cohort=example.cohort.name, input=_words(asked), reference=_words(content.get("reference"))
    )


def _last_said(messages: Any) -> object:
    return messages[-1].get("content") if messages else ""


def _words(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
