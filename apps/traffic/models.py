"""Samples of live traffic. No text is kept: counts by cohort for good, sketches of some rows until told to forget."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class TrafficSample(OrganizationOwned):
    """Rows that a project's model was asked from ``since_date`` to ``until_date`` (UTC, both included).

    ``cohorts`` holds the number of rows by cohort. ``digest`` covers the rows themselves, whatever their order.
    """

    ID_PREFIX = "trf"

    project = OwnedForeignKey("projects.Project", related_name="+")
    since_date = models.DateField()
    until_date = models.DateField()
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=71)
    row_count = models.PositiveIntegerField()
    cohorts = models.JSONField()
    without_text = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "digest"], name="one_traffic_sample_per_digest"),
            models.CheckConstraint(
                condition=models.Q(since_date__lte=models.F("until_date")), name="traffic_window_in_order"
            ),
        ]
        indexes = [models.Index(fields=["project", "-until_date"], name="traffic_by_window")]

    def __str__(self) -> str:
        return f"live traffic of {self.since_date} to {self.until_date}"


class TrafficSketches(OrganizationOwned):
    """Sketches of at most 500 rows of a sample (kernel/sketches.py): counts of hashed runs of characters.

    They stand apart from the sample because they are about what persons wrote, and can be deleted.
    """

    ID_PREFIX = "trs"

    sample = OwnedForeignKey(TrafficSample, related_name="sketches")
    content = models.BinaryField()
    row_count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sample"], name="one_set_of_sketches_per_sample")]


class TrafficComparison(OrganizationOwned):
    """A sample against a pinned dataset version: ``figures`` is a ``kernel.traffic.Compared``."""

    ID_PREFIX = "trc"

    sample = OwnedForeignKey(TrafficSample, related_name="comparisons")
    dataset_version = OwnedForeignKey("datasets.DatasetVersion", related_name="+")
    figures = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sample", "dataset_version"], name="one_comparison_per_dataset_version")
        ]

    def __str__(self) -> str:
        return f"{self.sample} against {self.dataset_version}"
