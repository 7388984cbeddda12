"""Live traffic: uploaded, held against golden rows, shown on the dataset's page, and what it means for a scorecard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone

from apps.console import figures
from apps.console.base import FORM, POST, Here, page, tried
from apps.console.forms import FILE_HELP, Reference, part
from apps.console.uploads import file_of
from apps.datasets import queries as datasets
from apps.gates import circumstances
from apps.kernel import traffic as kernel
from apps.kernel.errors import DistillHubError
from apps.kernel.reading.rows import read_rows
from apps.kernel.sentences import traffic as words
from apps.tenancy.permissions import Permission
from apps.traffic import actions, queries

if TYPE_CHECKING:
    from apps.datasets.models import DatasetVersion
    from apps.projects.models import Project
    from apps.scorecards.models import Scorecard
    from apps.traffic.models import TrafficSample

    Recent = tuple[TrafficSample | None, TrafficSample | None]

DAY = {"type": "date"}
HELP = (
    f"{FILE_HELP} Each row needs a cohort; what it asks stands in input, prompt or messages. No text is kept: rows are "
    "counted, and of at most 500 a sketch stays, until you forget it."
)
EARLIER_SHOWN = 8


class NewSample(forms.Form):
    since = forms.DateField(label="First day", widget=forms.DateInput(attrs=DAY), help_text="Of the rows, in UTC.")
    until = forms.DateField(label="Last day", widget=forms.DateInput(attrs=DAY))
    dataset = Reference(required=False, none="none yet", help_text="A pinned version to compare with at once.")
    file = part("", forms.FileField(required=False, allow_empty_file=True, help_text=HELP), is_asked=True)


@page("datasets")
def traffic(here: Here) -> HttpResponse:
    shown = here.page_of(queries.samples(here.inside))
    gone = queries.forgotten(shown)
    newest = queries.newest(here.inside, today=_today())
    context = {
        "samples": [_listed(one, is_forgotten=one.pk in gone, newest=newest) for one in shown],
        "page_obj": shown,
        "can_edit": here.may(Permission.EDIT_DATASETS),
        "pinned": _pinned(here),
        "recent_days": kernel.RECENT_DAYS,
    }
    return here.render("console/traffic/list.html", context, leaf="Live traffic")


@page("datasets", needs=Permission.EDIT_DATASETS, methods=FORM)
def traffic_new(here: Here) -> HttpResponse:
    form = NewSample(here.request.POST or None, here.request.FILES or None, initial={"dataset": _asked(here)})
    form.fields["dataset"].offer((name, name) for name in _pinned(here))
    error = None
    if here.request.method == "POST" and form.is_valid():
        made = tried(lambda: _record(here, form.cleaned_data))
        if not isinstance(made, DistillHubError):
            said = f"{figures.plural(made.row_count, 'live row')} of {_days(made)} counted; no text was kept."
            ref = form.cleaned_data["dataset"]
            return here.redirect("dataset", ref, say=said) if ref else here.redirect("traffic", say=said)
        error = made
    context = {"form": form, "error": error}
    return here.render("console/traffic/new.html", context, leaf="Add live traffic")


@page("datasets", needs=Permission.EDIT_DATASETS, methods=POST)
def traffic_compare(here: Here, ref: str) -> HttpResponse:
    sample = queries.sample(here.inside, ref)
    version = datasets.version(here.inside, here.request.POST.get("dataset", ""))
    datasets.require_pinned(version)
    actions.keep_comparison(sample, version, compared=queries.compare(sample, version))
    return here.redirect("dataset", str(version), say=f"Live traffic of {_days(sample)} is compared with {version}.")


@page("datasets", needs=Permission.EDIT_DATASETS, methods=POST)
def traffic_forget(here: Here, ref: str) -> HttpResponse:
    sample = actions.forget_sketches(queries.sample(here.inside, ref))
    return here.redirect("traffic", say=f"The sketches of {_days(sample)} are deleted; its counts stay.")


def beside_rows(here: Here, version: DatasetVersion) -> SimpleNamespace:
    """The context of ``console/traffic/_live.html``: the newest sample against a dataset version."""
    known = SimpleNamespace(
        can_add=here.may(Permission.EDIT_DATASETS) and version.is_pinned,
        is_pinned=version.is_pinned,
        is_declared=version.weights_source == "declared",
        recent_days=kernel.RECENT_DAYS,
        sample=None,
        earlier=[],
    )
    newest = queries.by_window(here.inside).first()
    if newest is None:
        return known
    kept = list(queries.comparisons(version)[: EARLIER_SHOWN + 1])
    own = next((one for one in kept if one.sample_id == newest.pk), None)
    recent, _ = kernel.newest_two([newest], today=_today())
    known.sample = _sample(newest, newest=recent)
    known.figures = None if own is None else words.told(kernel.Compared.from_document(own.figures))
    known.cohorts = list(_cohorts(version, newest))
    known.earlier = [_earlier(one) for one in kept if one is not own][:EARLIER_SHOWN]
    return known


def recent(project: Project) -> Recent:
    """The newest sample of the last 60 days and the one before, for what follows. One query."""
    return queries.newest_two(project, today=_today())


def drifted(samples: Recent, card: Scorecard, report: Mapping[str, Any]) -> str:
    """What kept comparisons say that a gate asked today would say of the card; "" where the verdict shown knew it."""
    newest, earlier = samples
    live = (report.get("circumstances") or {}).get("live") or {}
    if newest is None or (live.get("newest") or {}).get("sample") == newest.digest:
        return ""
    found = queries.kept_recent(card.run.dataset_version, newest, earlier)
    return "" if found is None else circumstances.outrun(found)


def live_shares(samples: Recent, report: Mapping[str, Any]) -> SimpleNamespace | None:
    """The newest sample's shares over the cohorts of a report, and its days; None without one of the last 60 days."""
    newest, _ = samples
    names = [row["cohort"] for row in report["cohorts"] if row["cohort"] != "*"]
    shares = {} if newest is None else kernel.shares_among(newest.cohorts, names)
    return SimpleNamespace(shares=shares, days=_days(newest)) if newest is not None and shares else None


def _record(here: Here, asked: dict[str, Any]) -> TrafficSample:
    window = kernel.window(str(asked["since"]), str(asked["until"]), today=_today())
    version = datasets.version(here.inside, asked["dataset"]) if asked["dataset"] else None
    if version is not None:
        datasets.require_pinned(version)
    file = file_of(here.request)
    found = queries.read(here.inside, window, read_rows(file.name or "", file.chunks()))
    sample = actions.record_sample(here.inside, window=window, found=found, file_name=file.name or "")
    if version is not None:
        actions.keep_comparison(sample, version, compared=queries.compare(sample, version))
    return sample


def _sample(one: TrafficSample, *, newest: TrafficSample | None) -> SimpleNamespace:
    return SimpleNamespace(
        ref=one.public_id,
        days=_days(one),
        rows=figures.count(one.row_count),
        cohorts=figures.count(len(one.cohorts)),
        file_name=one.file_name,
        digest=one.digest,
        without_text=one.without_text,
        repeated=one.repeated,
        is_newest=newest is not None and one.pk == newest.pk,
        created_at=one.created_at,
    )


def _listed(one: TrafficSample, *, newest: TrafficSample | None, is_forgotten: bool) -> SimpleNamespace:
    """A sample with its comparisons."""
    shown = _sample(one, newest=newest)
    shown.is_forgotten = is_forgotten
    shown.compared = [
        SimpleNamespace(dataset=str(row.dataset_version), told=words.told(kernel.Compared.from_document(row.figures)))
        for row in one.comparisons.all()
    ]
    return shown


def _earlier(row: Any) -> SimpleNamespace:
    told = words.told(kernel.Compared.from_document(row.figures))
    return SimpleNamespace(days=_days(row.sample), rows=figures.count(row.sample.row_count), told=told)


def _cohorts(version: DatasetVersion, sample: TrafficSample) -> Any:
    """A line a cohort, and one for all that the golden rows do not have."""
    known = list(datasets.cohorts(version))
    names = {row.name for row in known}
    for row in known:
        yield _line(row.name, row.example_count, row.traffic_weight, sample.cohorts.get(row.name, 0), sample.row_count)
    unknown = {name: count for name, count in sample.cohorts.items() if name not in names}
    if unknown:
        line = _line("", None, 0.0, sum(unknown.values()), sample.row_count)
        line.names = sorted(unknown, key=lambda name: (-unknown[name], name))[:5]
        line.more = max(0, len(unknown) - len(line.names))
        yield line


def _line(name: str, rows: int | None, share: float, live: int, all_live: int) -> SimpleNamespace:
    return SimpleNamespace(
        name=name,
        rows=figures.count(rows),
        share=figures.percent(share, digits=1),
        live=figures.count(live),
        live_share=figures.percent(live / all_live, digits=1),
        moved=figures.signed(100 * (live / all_live - share)),
    )


def _pinned(here: Here) -> list[str]:
    return [str(one) for one in datasets.versions(here.inside) if one.is_pinned]


def _asked(here: Here) -> str:
    return here.request.GET.get("dataset", "")


def _days(one: TrafficSample) -> str:
    return words.days(one)


def _today() -> date:
    return timezone.now().date()
