"""A project."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned


class Project(OrganizationOwned):
    """The working unit inside an organization: its models, datasets, runs and decisions belong together."""

    ID_PREFIX = "proj"

    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "slug"], name="one_project_per_slug")]

    def __str__(self) -> str:
        return self.slug
