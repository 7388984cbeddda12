"""Configured evaluators and frozen suites."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class Evaluator(OrganizationOwned):
    """A scorer with its settings, under the name that stands on scorecards."""

    ID_PREFIX = "eval"

    project = OwnedForeignKey("projects.Project", related_name="+")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    settings = models.JSONField(default=dict)
    judge_version_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_evaluator_per_name")]

    def __str__(self) -> str:
        return self.name


class Suite(OrganizationOwned):
    ID_PREFIX = "suite"

    project = OwnedForeignKey("projects.Project", related_name="+")
    slug = models.SlugField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "slug"], name="one_suite_per_slug")]

    def __str__(self) -> str:
        return self.slug


class SuiteVersion(OrganizationOwned):
    """A suite as it stood: each entry with its settings written out, so that a later edit changes no old run."""

    ID_PREFIX = "sv"

    suite = OwnedForeignKey(Suite, related_name="versions")
    number = models.PositiveIntegerField()
    entries = models.JSONField()
    digest = models.CharField(max_length=71)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["suite", "number"], name="one_suite_version_per_number")]

    def __str__(self) -> str:
        return f"{self.suite}@{self.number}"
