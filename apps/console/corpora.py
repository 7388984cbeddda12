"""Comparing a student's training corpus with golden rows, and what was found so far."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import TYPE_CHECKING

from django import forms
from django.http import HttpResponse

from apps.console import figures
from apps.console.base import FORM, Here, page, tried
from apps.console.forms import Reference, part
from apps.console.uploads import file_of
from apps.corpora import actions, queries
from apps.datasets import queries as datasets
from apps.kernel.errors import DistillHubError
from apps.registry import queries as registry
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.corpora.models import CorpusCheck
    from apps.registry.models import ModelVersion

KEYS_SHOWN = 20
HELP = (
    "A .jsonl, .csv or .txt file (a row a line), plain or gzipped (.gz), at most 64 MiB; larger ones in parts. "
    "It is read once: only the keys of golden rows found in it and its digest are kept."
)


class NewCheck(forms.Form):
    dataset = Reference(help_text="A pinned version: what was found is kept for it.")
    file = part("", forms.FileField(required=False, allow_empty_file=True, help_text=HELP), is_asked=True)


@page("models", needs=Permission.EDIT_REGISTRY, methods=FORM)
def corpus_new(here: Here, ref: str) -> HttpResponse:
    version = registry.version(here.inside, ref)
    form = NewCheck(here.request.POST or None, here.request.FILES or None)
    pinned = [str(one) for one in datasets.versions(here.inside) if one.is_pinned]
    form.fields["dataset"].offer((name, name) for name in pinned)
    error = None
    if here.request.method == "POST" and form.is_valid():
        made = tried(lambda: _compare(here, version, form.cleaned_data["dataset"]))
        if not isinstance(made, DistillHubError):
            found = f"{len(made.matches):,} of {figures.plural(made.golden_rows, 'golden row')}"
            return here.redirect("model", str(version), say=f"{found} stand in {made.file_name}.")
        error = made
    context = {"form": form, "version": str(version), "error": error}
    return here.render("console/registry/corpus.html", context, leaf=f"{version}: training corpus")


def told(checks: Iterable[CorpusCheck]) -> list[SimpleNamespace]:
    """Checks as lines of ``console/registry/_corpora.html``."""
    return [
        SimpleNamespace(
            model=str(check.model_version),
            dataset=str(check.dataset_version),
            file_name=check.file_name,
            corpus_rows=figures.count(check.corpus_rows),
            golden_rows=figures.count(check.golden_rows),
            found=figures.count(len(check.matches)),
            share=figures.percent(check.share, digits=1),
            keys=[match["key"] for match in check.matches[:KEYS_SHOWN]],
            more=max(0, len(check.matches) - KEYS_SHOWN),
            without_text=check.without_text,
            digest=check.corpus_digest,
            created_at=check.created_at,
        )
        for check in checks
    ]


def _compare(here: Here, version: ModelVersion, dataset: str) -> CorpusCheck:
    rows = datasets.version(here.inside, dataset)
    datasets.require_pinned(rows)
    file = file_of(here.request)
    overlap, digest = queries.compare(rows, file_name=file.name or "", chunks=file.chunks())
    return actions.record_check(version, rows, file_name=file.name or "", overlap=overlap, corpus_digest=digest)
