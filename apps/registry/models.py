"""Models and what stands behind them. A version never changes; a price has a date; a recorded output is a fact."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class Provider(OrganizationOwned):
    """A vendor or server family that speaks one dialect."""

    ID_PREFIX = "prov"

    slug = models.SlugField(max_length=60)
    dialect = models.CharField(max_length=30)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "slug"], name="one_provider_per_slug")]

    def __str__(self) -> str:
        return self.slug


class Endpoint(OrganizationOwned):
    """A callable address of a provider. The credential is bound to the origin: a new host needs it entered again."""

    ID_PREFIX = "end"

    provider = OwnedForeignKey(Provider, related_name="endpoints")
    slug = models.SlugField(max_length=60)
    base_url = models.CharField(max_length=2048)
    credential = models.TextField(blank=True)
    concurrency = models.PositiveSmallIntegerField(default=4)
    # What the provider allows, over all workers; null: no limit is known.
    requests_per_minute = models.PositiveIntegerField(null=True)
    tokens_per_minute = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "slug"], name="one_endpoint_per_slug")]

    def __str__(self) -> str:
        return self.slug


class Model(OrganizationOwned):
    """A registered name. Teacher and student are roles in a run, never kinds of model."""

    ID_PREFIX = "model"

    project = OwnedForeignKey("projects.Project", related_name="+")
    slug = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "slug"], name="one_model_per_slug")]

    def __str__(self) -> str:
        return self.slug


class ModelVersion(OrganizationOwned):
    """An immutable configuration behind a name. Without an endpoint it is recorded: its outputs were imported."""

    ID_PREFIX = "ver"

    model = OwnedForeignKey(Model, related_name="versions")
    number = models.PositiveIntegerField()
    endpoint = OwnedForeignKey(Endpoint, null=True, related_name="+")
    remote_name = models.CharField(max_length=200, blank=True)
    parameters = models.JSONField(default=dict)
    base = OwnedForeignKey("self", null=True, related_name="+")
    quantised_from = OwnedForeignKey("self", null=True, related_name="+")
    training_corpus_digest = models.CharField(max_length=71, blank=True)
    outputs_digest = models.CharField(max_length=71, blank=True)
    # Where two versions name the same one, their lists of probable tokens can be compared.
    tokenizer = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=71)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["model", "number"], name="one_version_per_number")]

    @property
    def is_recorded(self) -> bool:
        return self.endpoint_id is None

    def __str__(self) -> str:
        return f"{self.model}@{self.number}"


class PriceCard(OrganizationOwned):
    """Prices of a version from a day on: tokens per million, a fee per call, hardware per hour. Never edited."""

    ID_PREFIX = "price"

    version = OwnedForeignKey(ModelVersion, related_name="prices")
    valid_from = models.DateField()
    input_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6)
    output_usd_per_mtok = models.DecimalField(max_digits=14, decimal_places=6)
    per_call_usd = models.DecimalField(max_digits=14, decimal_places=6)
    hardware_usd_per_hour = models.DecimalField(max_digits=14, decimal_places=6)
    traces_per_hour = models.DecimalField(max_digits=14, decimal_places=3, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "valid_from"], name="one_price_per_day")]

    def __str__(self) -> str:
        return f"{self.version} from {self.valid_from}"


class RecordedOutput(OrganizationOwned):
    """One answer of a recorded version, found by the example's key. ``fields`` keeps labels, scores and the rest."""

    ID_PREFIX = "out"

    version = OwnedForeignKey(ModelVersion, related_name="outputs")
    key = models.CharField(max_length=200)
    output = models.TextField(null=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    latency_ms = models.FloatField(null=True)
    fields = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_output_per_key")]

    def __str__(self) -> str:
        return self.key
