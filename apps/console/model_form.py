"""The form of a new model: a live endpoint, or outputs recorded earlier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django import forms
from django.utils.text import slugify

from apps.console.base import Here
from apps.console.forms import FILE_HELP, Reference, Text, json_object, part
from apps.console.uploads import rows_of
from apps.inference.providers import catalogue
from apps.kernel.errors import InvalidInput
from apps.kernel.reading.recorded import parse_outputs
from apps.registry import actions, queries

if TYPE_CHECKING:
    from apps.registry.models import Endpoint, ModelVersion, Provider

LIVE, RECORDED = "live", "recorded"
PROVIDER = "openai-compatible"


class NewModel(forms.Form):
    source = forms.ChoiceField(
        choices=[(LIVE, "A server that answers calls"), (RECORDED, "Outputs recorded earlier, in a file")],
        widget=forms.RadioSelect,
        initial=LIVE,
    )
    name = part(
        "",
        forms.CharField(
            max_length=actions.SLUG_LENGTH,
            required=False,
            help_text="As it reads on pages. Recorded outputs may name their model in a model column instead.",
        ),
        is_asked=True,
    )
    file = part(
        RECORDED,
        forms.FileField(label="Recorded outputs", required=False, allow_empty_file=True, help_text=FILE_HELP),
        is_asked=True,
    )
    base_url = part(
        LIVE,
        forms.CharField(
            label="Base URL",
            max_length=2048,
            required=False,
            help_text="Up to and with /v1: https://api.openai.com/v1; Ollama has none.",
        ),
        is_asked=True,
    )
    dialect = part(
        LIVE,
        forms.ChoiceField(
            label="Dialect",
            choices=[(name, dialect.words) for name, dialect in catalogue.DIALECTS.items()],
            required=False,
            initial=catalogue.DEFAULT,
            help_text="How the server is talked to.",
        ),
    )
    credential = part(
        LIVE,
        forms.CharField(
            label="API key",
            max_length=4096,
            required=False,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text="Sealed at once and never shown again. Empty where the server asks for none.",
        ),
    )
    remote_name = part(
        LIVE,
        forms.CharField(
            label="Name at the server", max_length=200, required=False, help_text="Where it differs from the name."
        ),
    )
    parameters = part(
        LIVE,
        Text(
            rows=2, required=False, max_length=20_000, help_text='A JSON object: {"temperature": 0, "max_tokens": 256}'
        ),
    )
    concurrency = part(
        LIVE, forms.IntegerField(label="Calls at once", required=False, initial=4, help_text="1 to 64."), is_asked=True
    )
    requests_per_minute = part(
        LIVE,
        forms.IntegerField(label="Calls a minute", required=False, help_text="What the provider allows."),
    )
    tokens_per_minute = part(
        LIVE, forms.IntegerField(label="Tokens a minute", required=False, help_text="In and out together.")
    )
    base = part(LIVE, Reference(label="Distilled or tuned from", required=False, none="not recorded"))
    quantised_from = part(LIVE, Reference(label="Quantised from", required=False, none="not recorded"))
    training_corpus_digest = part(
        LIVE,
        forms.CharField(label="Digest of the training corpus", max_length=71, required=False, help_text="sha256:…"),
    )
    tokenizer = part(
        LIVE,
        forms.CharField(
            max_length=actions.TOKENIZER_LENGTH,
            required=False,
            help_text="Any name. Log-probabilities are compared where teacher and student name the same one.",
        ),
    )

    def offer(self, versions: Iterable[ModelVersion]) -> None:
        names = [(str(version), str(version)) for version in versions]
        for field in ("base", "quantised_from"):
            self.fields[field].offer(names)


def register(here: Here, asked: dict[str, Any]) -> ModelVersion:
    """Everything a new version needs, by the usual actions. Raises what they raise."""
    if asked["source"] == RECORDED:
        return _recorded(here, asked)
    for field, label in (("name", "a name"), ("base_url", "a base URL")):
        if not asked[field]:
            raise InvalidInput(f"A live model needs {label}.", code="field_missing", where={"field": field})
    lineage = {role: queries.version(here.inside, asked[role]) for role in ("base", "quantised_from") if asked[role]}
    return actions.register_version(
        actions.register_model(here.inside, slug=asked["name"]),
        endpoint=_endpoint(asked),
        remote_name=asked["remote_name"] or asked["name"],
        parameters=json_object(asked["parameters"], field="parameters"),
        training_corpus_digest=asked["training_corpus_digest"],
        tokenizer=asked["tokenizer"],
        **lineage,
    )


def _recorded(here: Here, asked: dict[str, Any]) -> ModelVersion:
    recorded = parse_outputs(rows_of(here.request))
    name = asked["name"] or (recorded.models[0] if len(recorded.models) == 1 else "")
    if not name:
        raise InvalidInput(
            f"The file names {len(recorded.models)} models; say which name this one has.",
            code="field_missing",
            where={"field": "name"},
        )
    return actions.import_outputs(actions.register_model(here.inside, slug=name), recorded.outputs)


def _endpoint(asked: dict[str, Any]) -> Endpoint:
    """The endpoint that stands at this address; a new one where there is none, or where a key or a limit is given."""
    base_url, credential = asked["base_url"].rstrip("/"), asked["credential"]
    dialect = asked["dialect"] or catalogue.DEFAULT
    rates = {name: asked[name] for name in ("requests_per_minute", "tokens_per_minute")}
    standing = list(queries.endpoints())
    same = [
        endpoint
        for endpoint in standing
        if endpoint.base_url == base_url and catalogue.get(endpoint.provider.dialect).name == dialect
    ]
    if same and not credential and not any(rates.values()):
        return same[0]
    return actions.register_endpoint(
        _provider(dialect),
        slug=_free_slug(base_url, {endpoint.slug for endpoint in standing}),
        base_url=base_url,
        credential=credential,
        concurrency=4 if asked["concurrency"] is None else asked["concurrency"],
        **rates,
    )


def _provider(dialect: str) -> Provider:
    """The provider of this dialect that the form made; its slug is the dialect's name, but for the first of them."""
    slug = PROVIDER if dialect == catalogue.DEFAULT else dialect.replace("_", "-")
    standing = queries.providers().filter(slug=slug).first()
    return standing or actions.register_provider(slug=slug, dialect=dialect)


def _free_slug(base_url: str, taken: set[str]) -> str:
    """The host as a slug, numbered from the second on."""
    host = slugify(urlsplit(base_url).netloc.replace(".", "-").replace(":", "-"))[:50] or "endpoint"
    if host not in taken:
        return host
    return next(name for number in range(2, len(taken) + 3) if (name := f"{host}-{number}") not in taken)
