"""A sealed scorecard: the exact document, and the digest that names it."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class Scorecard(OrganizationOwned):
    """A card never changes. New evidence, such as labels given since, makes a new one that ``supersedes`` it."""

    ID_PREFIX = "card"

    project = OwnedForeignKey("projects.Project", related_name="+")
    number = models.PositiveIntegerField()
    run = OwnedForeignKey("evals.EvalRun", related_name="+")
    document = models.BinaryField()
    digest = models.CharField(max_length=71)
    supersedes = OwnedForeignKey("self", null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_scorecard_per_number"),
            # Of a run one card supersedes none, and of a card one supersedes it: the cards of a run are one line.
            models.UniqueConstraint(
                fields=["run"], name="one_first_scorecard_per_run", condition=models.Q(supersedes__isnull=True)
            ),
            models.UniqueConstraint(fields=["supersedes"], name="one_successor_per_scorecard"),
        ]

    def __str__(self) -> str:
        return f"scorecard #{self.number}"
