"""Golden sets. A draft can be replaced; a pinned version is final, and the database says so too."""

from __future__ import annotations

from django.db import models

from apps.kernel import lifecycle
from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey, organization_key


class Dataset(OrganizationOwned):
    ID_PREFIX = "ds"

    project = OwnedForeignKey("projects.Project", related_name="+")
    slug = models.SlugField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "slug"], name="one_dataset_per_slug")]

    def __str__(self) -> str:
        return self.slug


class DatasetVersion(OrganizationOwned):
    """An imported file. ``digest`` covers every example, cohort and weight in one order, whatever the file's order."""

    ID_PREFIX = "dsv"

    dataset = OwnedForeignKey(Dataset, related_name="versions")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20, default=lifecycle.DRAFT)
    digest = models.CharField(max_length=71)
    example_count = models.PositiveIntegerField()
    weights_source = models.CharField(max_length=20)
    warnings = models.JSONField(default=list)
    pinned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="one_dataset_version_per_number"),
            models.CheckConstraint(
                condition=models.Q(status__in=[lifecycle.DRAFT, lifecycle.PINNED]), name="known_dataset_status"
            ),
        ]

    @property
    def is_pinned(self) -> bool:
        return self.status == lifecycle.PINNED

    def __str__(self) -> str:
        return f"{self.dataset}@{self.number}"


class Cohort(OrganizationOwned):
    """A labelled slice of a version, with its share of traffic (weights of a version sum to 1)."""

    ID_PREFIX = "coh"

    organization = organization_key(is_indexed=False)
    version = OwnedForeignKey(DatasetVersion, related_name="cohorts")
    name = models.CharField(max_length=120)
    is_high_value = models.BooleanField()
    traffic_weight = models.FloatField()
    example_count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="one_cohort_per_name")]

    def __str__(self) -> str:
        return self.name


class Example(OrganizationOwned):
    """One golden row. ``content`` holds input, context, reference, messages, schema and the file's further columns.

    ``cluster`` names what the row shares with others (a conversation, a customer), "" for a row on its own.
    """

    ID_PREFIX = "ex"

    organization = organization_key(is_indexed=False)
    version = OwnedForeignKey(DatasetVersion, related_name="examples")
    cohort = OwnedForeignKey(Cohort, related_name="examples")
    key = models.CharField(max_length=200)
    content = models.JSONField()
    cluster = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="one_example_per_key")]

    def __str__(self) -> str:
        return self.key
