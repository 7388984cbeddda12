"""Models: the list, a version with its prices and scorecards, and a new price card."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING

from django import forms
from django.http import HttpResponse
from django.utils import timezone

from apps.console import corpora
from apps.console.base import FORM, POST, Here, page, tried
from apps.console.model_form import NewModel, register
from apps.console.scorecard_rows import rows_of
from apps.corpora import queries as corpus_queries
from apps.inference.providers import catalogue
from apps.kernel.errors import DistillHubError
from apps.kernel.price import PriceCard
from apps.registry import actions, queries
from apps.scorecards import queries as scorecards
from apps.tenancy.permissions import Permission

if TYPE_CHECKING:
    from apps.registry.models import Endpoint, ModelVersion
    from apps.registry.models import PriceCard as PriceRow

CARDS_SHOWN = 10
SCORING = {
    "unsupported": "not possible: no divergence in bits per byte",
    "prompt_logprobs": "by the log-probabilities of a prompt",
    "echo": "by an echoed prompt",
    "forced": "by an answer that is forced",
}


class Dollars(forms.DecimalField):
    """A price. Whether it may be one is said by the price card."""

    def __init__(self, label: str, **options: object) -> None:
        super().__init__(label=label, max_digits=14, decimal_places=6, **options)


class NewPrice(forms.Form):
    valid_from = forms.DateField(
        label="From", widget=forms.DateInput(attrs={"type": "date"}), help_text="Runs use the prices of their day."
    )
    input_usd_per_mtok = Dollars("USD per million tokens in")
    output_usd_per_mtok = Dollars("USD per million tokens out")
    per_call_usd = Dollars("USD per call", required=False)
    hardware_usd_per_hour = Dollars("USD of hardware per hour", required=False, help_text="For models you serve.")
    traces_per_hour = forms.DecimalField(
        max_digits=14, decimal_places=3, required=False, help_text="What that hardware was measured to serve."
    )


@page("models")
def models(here: Here) -> HttpResponse:
    shown = here.page_of(queries.newest_versions(here.inside))
    versions = list(shown)
    prices = queries.prices_on(versions, timezone.now().date())
    newest = _newest_cards(here, versions)
    rows = [_line(version, prices.get(version.pk), newest.get(version.pk)) for version in versions]
    context = {"models": rows, "page_obj": shown, "can_edit": here.may(Permission.EDIT_REGISTRY)}
    return here.render("console/registry/list.html", context)


@page("models", needs=Permission.EDIT_REGISTRY, methods=FORM)
def model_new(here: Here) -> HttpResponse:
    form = NewModel(here.request.POST or None, here.request.FILES or None)
    form.offer(queries.versions(here.inside))
    error = None
    if here.request.method == "POST" and form.is_valid():
        made = tried(lambda: register(here, form.cleaned_data))
        if not isinstance(made, DistillHubError):
            return here.redirect("model", str(made), say=f"{made} is registered. Add its prices, if it has any.")
        error = made
    context = {"form": form, "error": error}
    return here.render("console/registry/new.html", context, leaf="Register a model")


@page("models")
def model(here: Here, ref: str) -> HttpResponse:
    form = NewPrice(initial={"valid_from": timezone.now().date()})
    return _detail(here, queries.version(here.inside, ref), form=form)


@page("models", needs=Permission.EDIT_REGISTRY, methods=POST)
def trial_new(here: Here, ref: str) -> HttpResponse:
    version = queries.version(here.inside, ref)
    made = tried(lambda: actions.try_version(version))
    if isinstance(made, DistillHubError):
        return _detail(here, version, form=NewPrice(), error=made)
    return here.redirect("model", str(version), say=f"{version} is asked for a trial answer.")


@page("models")
def trial(here: Here, ref: str) -> HttpResponse:
    """The panel of the newest trial, which asks for itself until the call has ended."""
    version = queries.version(here.inside, ref)
    context = {"version": _facts(version), "trial": _trial(version), "can_edit": here.may(Permission.EDIT_REGISTRY)}
    return here.render("console/registry/_trial.html", context)


@page("models", needs=Permission.EDIT_REGISTRY, methods=POST)
def price_new(here: Here, ref: str) -> HttpResponse:
    version = queries.version(here.inside, ref)
    form = NewPrice(here.request.POST)
    if not form.is_valid():
        return _detail(here, version, form=form)
    made = tried(lambda: _set_price(version, dict(form.cleaned_data)))
    if isinstance(made, DistillHubError):
        return _detail(here, version, form=form, error=made)
    return here.redirect("model", str(version), say=f"{version} has prices from {made.valid_from:%d %b %Y} on.")


def _set_price(version: ModelVersion, asked: dict[str, object]) -> PriceRow:
    valid_from = asked.pop("valid_from")
    for name in ("per_call_usd", "hardware_usd_per_hour"):
        asked[name] = Decimal(0) if asked[name] is None else asked[name]
    return actions.set_price(version, valid_from=valid_from, card=PriceCard(**asked))  # type: ignore[arg-type]


def _detail(
    here: Here, version: ModelVersion, *, form: forms.Form, error: DistillHubError | None = None
) -> HttpResponse:
    others = queries.versions(here.inside).filter(model=version.model_id).exclude(pk=version.pk)
    cards = scorecards.of_version(here.inside, version)[:CARDS_SHOWN]
    context = {
        "version": _facts(version),
        "prices": [_price(row) for row in queries.prices(version)],
        "others": [str(other) for other in others],
        "cards": rows_of(here.inside, list(cards)),
        "checks": corpora.told(corpus_queries.of_model(version)),
        "trial": _trial(version),
        "form": form,
        "can_edit": here.may(Permission.EDIT_REGISTRY),
        "error": error,
    }
    return here.render("console/registry/detail.html", context, leaf=str(version))


def _newest_cards(here: Here, versions: list[ModelVersion]) -> dict[object, tuple[int, str | None]]:
    """The newest scorecard of each version as a student: its number and verdict."""
    cards = scorecards.newest_of_students(here.inside, versions)
    rows = rows_of(here.inside, cards)
    return {card.run.student_id: (row.number, row.verdict) for card, row in zip(cards, rows, strict=True)}


def _line(version: ModelVersion, price: PriceRow | None, card: tuple[int, str | None] | None) -> SimpleNamespace:
    number, verdict = card or (None, None)
    return SimpleNamespace(
        ref=str(version),
        versions=version.version_count,
        source="recorded outputs" if version.is_recorded else version.endpoint.slug,
        input_price=_plain(price.input_usd_per_mtok) if price else "",
        output_price=_plain(price.output_usd_per_mtok) if price else "",
        number=number,
        verdict=verdict,
        created_at=version.created_at,
    )


def _facts(version: ModelVersion) -> SimpleNamespace:
    endpoint = version.endpoint
    return SimpleNamespace(
        ref=str(version),
        digest=version.digest,
        is_recorded=version.is_recorded,
        endpoint=endpoint.slug if endpoint else "",
        base_url=endpoint.base_url if endpoint else "",
        dialect=catalogue.get(endpoint.provider.dialect).words if endpoint else "",
        scoring=SCORING[catalogue.get(endpoint.provider.dialect).prompt_scoring] if endpoint else "",
        limits=_limits(endpoint) if endpoint else "",
        remote_name=version.remote_name,
        parameters=json.dumps(version.parameters, ensure_ascii=False) if version.parameters else "",
        base=str(version.base) if version.base else "",
        quantised_from=str(version.quantised_from) if version.quantised_from else "",
        corpus_digest=version.training_corpus_digest,
        outputs_digest=version.outputs_digest,
        tokenizer=version.tokenizer,
        outputs=queries.recorded_count(version) if version.is_recorded else 0,
        created_at=version.created_at,
    )


def _trial(version: ModelVersion) -> SimpleNamespace | None:
    found = None if version.is_recorded else queries.trial_of(version)
    if found is None:
        return None
    is_late = timezone.now() - found.created_at > actions.TRIAL_WAITS
    return SimpleNamespace(
        created_at=found.created_at,
        ended_at=found.ended_at,
        fault=found.fault,
        words=found.words,
        took=f"{found.latency_ms:,.0f} ms" if found.latency_ms is not None else "",
        is_watched=found.ended_at is None and not is_late,
    )


def _limits(endpoint: Endpoint) -> str:
    told = [f"{endpoint.concurrency} calls at once"]
    for limit, what in ((endpoint.requests_per_minute, "calls"), (endpoint.tokens_per_minute, "tokens")):
        if limit is not None:
            told.append(f"{limit:,} {what} a minute")
    return ", ".join(told)


def _price(row: PriceRow) -> SimpleNamespace:
    return SimpleNamespace(
        valid_from=row.valid_from,
        input=_plain(row.input_usd_per_mtok),
        output=_plain(row.output_usd_per_mtok),
        per_call=_plain(row.per_call_usd),
        hardware=_plain(row.hardware_usd_per_hour),
        traces_per_hour=f"{row.traces_per_hour.normalize():,f}" if row.traces_per_hour else "",
    )


def _plain(value: Decimal) -> str:
    """A price as it was entered: "0.15", "5.00", never "5.000000"."""
    short = value.normalize()
    return f"{value:.2f}" if -short.as_tuple().exponent <= 2 else f"{short:f}"  # type: ignore[operator]
