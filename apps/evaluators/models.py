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


class AnchorSet(OrganizationOwned):
    """Stored answers with a judge's stored verdicts, pinned: what the judge is asked again in each later run.

    ``judge_digest`` names the judge as it is frozen in suites; the highest ``revision`` is its current set. ``members``
    lists (id of the answer, verdict 0 to 1) in the order of asking; the texts stay with the answers. ``told`` are the
    names that the provider answered under in the run ``run_id``, empty where none are known.
    """

    ID_PREFIX = "anchors"

    project = OwnedForeignKey("projects.Project", related_name="+")
    judge_digest = models.CharField(max_length=71)
    revision = models.PositiveIntegerField()
    evaluator = models.CharField(max_length=120)
    judge_version_id = models.UUIDField()
    run_id = models.UUIDField()
    run_number = models.PositiveIntegerField()
    members = models.JSONField()
    size = models.PositiveIntegerField()
    told = models.JSONField(default=list)
    digest = models.CharField(max_length=71)
    because = models.TextField(blank=True)
    drawn_by = models.CharField(max_length=260)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "judge_digest", "revision"], name="one_anchor_set_per_revision"),
            models.CheckConstraint(condition=models.Q(revision__gte=1), name="anchor_revision_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"anchors of {self.evaluator}, revision {self.revision}"
