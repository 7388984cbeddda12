"""A sealed scorecard: the exact document, and the digest that names it."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class Scorecard(OrganizationOwned):
    ID_PREFIX = "card"

    project = OwnedForeignKey("projects.Project", related_name="+")
    number = models.PositiveIntegerField()
    run = OwnedForeignKey("evals.EvalRun", related_name="+")
    document = models.BinaryField()
    digest = models.CharField(max_length=71)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_scorecard_per_number"),
            models.UniqueConstraint(fields=["run"], name="one_scorecard_per_run"),
        ]

    def __str__(self) -> str:
        return f"scorecard #{self.number}"
