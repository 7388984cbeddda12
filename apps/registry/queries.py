"""Find models and versions by the names people use: ``slug``, ``slug@2`` or a typed id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Count, QuerySet

from apps.inference.client import Address
from apps.kernel import price
from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.registry.models import Endpoint, Model, ModelVersion, PriceCard, Provider, RecordedOutput
from apps.tenancy import secrets
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_number, parse_public_id
from apps.tenancy.permissions import Permission


def models(project: Project) -> QuerySet[Model]:
    require(Permission.VIEW)
    return Model.objects.filter(project=project).order_by("slug")


def model(project: Project, slug: str) -> Model:
    """By name or id. Raises NotFound."""
    found = models(project).filter(slug=slug).first()
    if found is None and slug.startswith(f"{Model.ID_PREFIX}_"):
        found = models(project).filter(pk=parse_public_id(Model.ID_PREFIX, slug)).first()
    if found is None:
        raise NotFound(f"There is no model '{slug[:80]}' in this project.")
    return found


def versions(project: Project) -> QuerySet[ModelVersion]:
    require(Permission.VIEW)
    return (
        ModelVersion.objects.filter(model__project=project)
        .select_related("model", "endpoint", "endpoint__provider", "base__model", "quantised_from__model")
        .order_by("model__slug", "-number")
    )


def newest_versions(project: Project) -> QuerySet[ModelVersion]:
    """The newest version of each model, with ``version_count``."""
    latest = versions(project).distinct("model__slug").values("pk")
    return versions(project).filter(pk__in=latest).annotate(version_count=Count("model__versions"))


def version(project: Project, reference: str) -> ModelVersion:
    """By ``slug`` (the newest), ``slug@number`` or id. Raises NotFound."""
    name, _, number = reference.rpartition("@")
    if reference.startswith(f"{ModelVersion.ID_PREFIX}_"):
        found = versions(project).filter(pk=parse_public_id(ModelVersion.ID_PREFIX, reference)).first()
    elif name and parse_number(number) is not None:
        found = versions(project).filter(model__slug=name, number=int(number)).first()
    else:
        found = versions(project).filter(model__slug=reference).first()
    if found is None:
        raise NotFound(f"There is no model version '{reference[:80]}' in this project.")
    return found


def providers() -> QuerySet[Provider]:
    require(Permission.VIEW)
    return Provider.objects.order_by("slug")


def provider(slug: str) -> Provider:
    found = providers().filter(slug=slug).first()
    if found is None:
        raise NotFound(f"There is no provider '{slug[:60]}' here.")
    return found


def endpoints() -> QuerySet[Endpoint]:
    require(Permission.VIEW)
    return Endpoint.objects.select_related("provider").order_by("slug")


def endpoint(slug: str) -> Endpoint:
    found = endpoints().filter(slug=slug).first()
    if found is None:
        raise NotFound(f"There is no endpoint '{slug[:60]}' here.")
    return found


def price_on(version: ModelVersion, day: date) -> PriceCard | None:
    """The price card in force on a day, or None: unpriced."""
    return PriceCard.objects.filter(version=version, valid_from__lte=day).order_by("-valid_from").first()


def prices_on(versions: Sequence[ModelVersion], day: date) -> dict[UUID, PriceCard]:
    """The card in force on a day for each of these versions by id; unpriced ones are absent. One query."""
    require(Permission.VIEW)
    rows = PriceCard.objects.filter(version__in=[version.pk for version in versions], valid_from__lte=day)
    return {row.version_id: row for row in rows.order_by("version_id", "-valid_from").distinct("version_id")}


def prices(version: ModelVersion) -> QuerySet[PriceCard]:
    require(Permission.VIEW)
    return PriceCard.objects.filter(version=version).select_related("version__model").order_by("-valid_from")


def project_prices(project: Project) -> QuerySet[PriceCard]:
    """Every price of the project's models, newest first."""
    require(Permission.VIEW)
    cards = PriceCard.objects.filter(version__model__project=project)
    return cards.select_related("version__model").order_by("-valid_from")


def recorded_keys(version: ModelVersion) -> set[str]:
    return set(RecordedOutput.objects.filter(version=version).values_list("key", flat=True))


def recorded_count(version: ModelVersion) -> int:
    return RecordedOutput.objects.filter(version=version).count()


def recorded_outputs(version: ModelVersion, keys: list[str]) -> dict[str, RecordedOutput]:
    return {row.key: row for row in RecordedOutput.objects.filter(version=version, key__in=keys)}


def price_value(row: PriceCard | None) -> price.PriceCard | None:
    if row is None:
        return None
    return price.PriceCard(
        input_usd_per_mtok=row.input_usd_per_mtok,
        output_usd_per_mtok=row.output_usd_per_mtok,
        per_call_usd=row.per_call_usd,
        hardware_usd_per_hour=row.hardware_usd_per_hour,
        traces_per_hour=row.traces_per_hour,
    )


def binding(endpoint: Endpoint) -> str:
    """What a sealed credential is bound to: this row and this origin."""
    return f"endpoint:{endpoint.id}:{origin(endpoint.base_url)}"


def address(endpoint: Endpoint) -> Address:
    """Where and how to call it, with its credential opened: for the moment of the call, never to be shown or kept."""
    credential = secrets.unseal(endpoint.credential, bound_to=binding(endpoint)) if endpoint.credential else None
    return Address(
        base_url=endpoint.base_url,
        credential=credential,
        concurrency=endpoint.concurrency,
        key=str(endpoint.pk),
        dialect=endpoint.provider.dialect,
        requests_per_minute=endpoint.requests_per_minute,
        tokens_per_minute=endpoint.tokens_per_minute,
    )


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
