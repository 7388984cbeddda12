"""Register providers, endpoints, models and versions; set prices; import what a recorded model answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.conf import settings
from django.db.models import Max

from apps.audit.action import Done, action
from apps.inference import outbound
from apps.inference.providers import catalogue
from apps.kernel import digest, price
from apps.kernel.errors import Conflict, InvalidInput
from apps.kernel.reading.recorded import RecordedOutput as OutputRow
from apps.projects.models import Project
from apps.registry import queries
from apps.registry.models import Endpoint, Model, ModelVersion, PriceCard, Provider, RecordedOutput
from apps.tenancy import secrets
from apps.tenancy.permissions import Permission

DIALECTS = catalogue.NAMES
MOST_CALLS_AT_ONCE = 64
MOST_A_MINUTE = 1_000_000_000
SLUG_LENGTH = 120
TOKENIZER_LENGTH = 200
PRICE_COLUMNS = (
    "input_usd_per_mtok", "output_usd_per_mtok", "per_call_usd", "hardware_usd_per_hour", "traces_per_hour",
)  # fmt: skip


@action("provider.registered", needs=Permission.EDIT_REGISTRY, says="registered the provider {provider}")
def register_provider(*, slug: str, dialect: str = catalogue.DEFAULT) -> Done[Provider]:
    """Raises InvalidInput for an unknown dialect, Conflict for a taken slug."""
    if dialect not in DIALECTS:
        raise InvalidInput(
            f"'{dialect[:40]}' is no dialect. Use one of: {', '.join(DIALECTS)}.",
            code="dialect_unknown",
            where={"field": "dialect"},
        )
    if Provider.objects.filter(slug=slug).exists():
        raise Conflict(f"The provider '{slug[:60]}' exists already.", code="slug_taken", where={"field": "slug"})
    provider = Provider.objects.create(slug=slug, dialect=dialect)
    return Done(provider, provider, facts={"slug": slug, "dialect": dialect}, words={"provider": slug})


@action("endpoint.registered", needs=Permission.EDIT_REGISTRY, says="registered the endpoint {endpoint} at {origin}")
def register_endpoint(
    provider: Provider,
    *,
    slug: str,
    base_url: str,
    credential: str = "",
    concurrency: int = 4,
    requests_per_minute: int | None = None,
    tokens_per_minute: int | None = None,
) -> Done[Endpoint]:
    """Keep a callable address. The URL passes the rules of the outbound door now and again at every call.

    The three limits hold over all workers; None is no limit of the rate. The credential is sealed and bound to this
    endpoint and origin. Raises InvalidInput, Conflict.
    """
    outbound.check_url(base_url, allow=settings.OUTBOUND_ALLOW)
    if not 1 <= concurrency <= MOST_CALLS_AT_ONCE:
        raise InvalidInput("Concurrency is 1 to 64.", code="out_of_range", where={"field": "concurrency"})
    rates = {"requests_per_minute": requests_per_minute, "tokens_per_minute": tokens_per_minute}
    for name, value in rates.items():
        if value is not None and not 1 <= value <= MOST_A_MINUTE:
            raise InvalidInput(
                f"A limit a minute is 1 to {MOST_A_MINUTE}, or left out.", code="out_of_range", where={"field": name}
            )
    if Endpoint.objects.filter(slug=slug).exists():
        raise Conflict(f"The endpoint '{slug[:60]}' exists already.", code="slug_taken", where={"field": "slug"})
    endpoint = Endpoint(provider=provider, slug=slug, base_url=base_url.rstrip("/"), concurrency=concurrency, **rates)
    if credential:
        endpoint.credential = secrets.seal(_credential(credential), bound_to=queries.binding(endpoint))
    endpoint.save()
    facts: dict[str, object] = {
        "slug": slug,
        "origin": queries.origin(base_url),
        "has_credential": bool(credential),
        "concurrency": concurrency,
        **{name: value for name, value in rates.items() if value is not None},
    }
    return Done(endpoint, endpoint, facts=facts, words={"endpoint": slug, "origin": facts["origin"]})


@action("model.registered", needs=Permission.EDIT_REGISTRY, says="registered the model {model}")
def register_model(project: Project, *, slug: str) -> Done[Model]:
    """The same slug again returns the model that stands. Raises InvalidInput for an empty or endless name."""
    if not slug.strip() or len(slug) > SLUG_LENGTH or not slug.isprintable():
        raise InvalidInput(
            f"A model name has 1 to {SLUG_LENGTH} printable characters.", code="name_invalid", where={"field": "slug"}
        )
    model, is_new = Model.objects.get_or_create(project=project, slug=slug)
    return Done(model, model, facts={"slug": slug}, words={"model": slug}, changed=is_new)


@action("model_version.registered", needs=Permission.EDIT_REGISTRY, says="registered {version}")
def register_version(
    model: Model,
    *,
    endpoint: Endpoint | None = None,
    remote_name: str = "",
    parameters: Mapping[str, object] | None = None,
    base: ModelVersion | None = None,
    quantised_from: ModelVersion | None = None,
    training_corpus_digest: str = "",
    outputs_digest: str = "",
    tokenizer: str = "",
) -> Done[ModelVersion]:
    """Freeze a configuration. The same configuration again returns the version that stands.

    ``tokenizer`` is any name, the same for versions that share one: only their log-probabilities are compared. Raises
    InvalidInput for a version without a source, for a tokenizer's name nobody can read, and for a parameter that the
    endpoint's dialect cannot do without and that is not set: nothing is ever filled in.
    """
    _refuse_version(endpoint, dict(parameters or {}), outputs_digest=outputs_digest, tokenizer=tokenizer)
    content = {
        "model": model.slug,
        "endpoint": {"slug": endpoint.slug, "base_url": endpoint.base_url} if endpoint else None,
        "remote_name": remote_name,
        "parameters": dict(parameters or {}),
        "base": base.digest if base else None,
        "quantised_from": quantised_from.digest if quantised_from else None,
        "training_corpus_digest": training_corpus_digest,
        "outputs_digest": outputs_digest,
        # Left out where it is not set: versions that were registered before there was one keep their digest.
        **({"tokenizer": tokenizer} if tokenizer else {}),
    }
    content_digest = digest.of(content)
    standing = ModelVersion.objects.filter(model=model, digest=content_digest).first()
    if standing is not None:
        return Done(standing, standing, changed=False)
    highest = ModelVersion.objects.filter(model=model).aggregate(highest=Max("number"))["highest"] or 0
    version = ModelVersion.objects.create(
        model=model,
        number=highest + 1,
        endpoint=endpoint,
        remote_name=remote_name,
        parameters=dict(parameters or {}),
        base=base,
        quantised_from=quantised_from,
        training_corpus_digest=training_corpus_digest,
        outputs_digest=outputs_digest,
        tokenizer=tokenizer,
        digest=content_digest,
    )
    return Done(version, version, facts={**content, "digest": content_digest}, words={"version": version})


@action("price.set", needs=Permission.EDIT_REGISTRY, says="set prices of {version} from {valid_from}")
def set_price(version: ModelVersion, *, valid_from: date, card: price.PriceCard) -> Done[PriceCard]:
    """Prices from a day on. The same prices again change nothing; other prices for the same day are refused.

    Raises Conflict ``price_overlap``.
    """
    standing = PriceCard.objects.filter(version=version, valid_from=valid_from).first()
    if standing is not None:
        if queries.price_value(standing) == card:
            return Done(standing, standing, changed=False)
        raise Conflict(
            f"{version} has other prices from {valid_from} on; prices are never edited.",
            code="price_overlap",
            fix="Set the new prices from a later day.",
        )
    columns = {name: getattr(card, name) for name in PRICE_COLUMNS}
    row = PriceCard.objects.create(version=version, valid_from=valid_from, **columns)
    facts = {"version": str(version), **{name: str(value) for name, value in columns.items() if value is not None}}
    return Done(row, row, facts=facts, words={"version": version, "valid_from": valid_from})


@action("outputs.imported", needs=Permission.EDIT_REGISTRY, says="imported {count} recorded outputs as {version}")
def import_outputs(model: Model, outputs: Sequence[OutputRow]) -> Done[ModelVersion]:
    """Make a recorded version of a model from what it answered elsewhere. The same answers again change nothing."""
    outputs_digest = digest.of([_as_json(row) for row in sorted(outputs, key=lambda row: row.key)])
    standing = ModelVersion.objects.filter(model=model, outputs_digest=outputs_digest).first()
    if standing is not None:
        return Done(standing, standing, changed=False)
    version = register_version(model, outputs_digest=outputs_digest)
    RecordedOutput.objects.bulk_create(
        [
            RecordedOutput(
                version=version,
                key=row.key,
                output=row.output,
                input_tokens=row.input_tokens,
                output_tokens=row.output_tokens,
                latency_ms=row.latency_ms,
                fields=dict(row.fields),
            )
            for row in outputs
        ],
        batch_size=500,
    )
    facts = {"version": str(version), "count": len(outputs), "outputs_digest": outputs_digest}
    return Done(version, version, facts=facts, words={"count": len(outputs), "version": version})


def _refuse_version(
    endpoint: Endpoint | None, parameters: dict[str, object], *, outputs_digest: str, tokenizer: str
) -> None:
    if endpoint is None and not outputs_digest:
        raise InvalidInput(
            "A version needs an endpoint to call, or recorded outputs to import.",
            code="version_without_source",
            where={"field": "endpoint"},
        )
    if len(tokenizer) > TOKENIZER_LENGTH or not tokenizer.isprintable():
        raise InvalidInput(
            f"A tokenizer's name has at most {TOKENIZER_LENGTH} printable characters.",
            code="name_invalid",
            where={"field": "tokenizer"},
        )
    dialect = endpoint.provider.dialect if endpoint else catalogue.DEFAULT
    missing = catalogue.missing(dialect, parameters)
    if missing:
        raise InvalidInput(
            f"The dialect {dialect} answers no call without {', '.join(missing)}.",
            code="model_parameter_missing",
            where={"field": "parameters"},
            fix=f'Set it among the parameters: {{"{missing[0]}": 1024}}.',
        )


def _credential(text: str) -> str:
    is_sendable = text.isascii() and text.isprintable() and " " not in text
    if not is_sendable or text[:1] in "'\"" or text[-1:] in "'\"":
        raise InvalidInput(
            "The credential has blanks, quotes, letters outside ASCII or a 'Bearer ' in front; paste only the key.",
            code="credential_shape",
            where={"field": "credential"},
        )
    return text


def _as_json(row: OutputRow) -> dict[str, object]:
    return {
        "key": row.key,
        "output": row.output,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "latency_ms": row.latency_ms,
        "fields": dict(row.fields),
    }
