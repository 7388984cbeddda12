"""Policies by version, and the verdicts reached with them."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class GatePolicy(OrganizationOwned):
    ID_PREFIX = "gate"

    project = OwnedForeignKey("projects.Project", related_name="+")
    slug = models.SlugField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "slug"], name="one_policy_per_slug")]

    def __str__(self) -> str:
        return self.slug


class GatePolicyVersion(OrganizationOwned):
    """A policy document as it stood."""

    ID_PREFIX = "pol"

    policy = OwnedForeignKey(GatePolicy, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=71)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="one_policy_version_per_number")]

    def __str__(self) -> str:
        return f"{self.policy}@{self.number}"


class GateDecision(OrganizationOwned):
    """The machine's verdict on one scorecard under one policy version, with every finding verbatim.

    Asked again when something around the card has changed, a gate may say something else; both verdicts then stand.
    """

    ID_PREFIX = "gd"

    scorecard = OwnedForeignKey("scorecards.Scorecard", related_name="+")
    policy_version = OwnedForeignKey(GatePolicyVersion, related_name="+")
    verdict = models.CharField(max_length=20)
    report = models.BinaryField()
    digest = models.CharField(max_length=71)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scorecard", "policy_version", "digest"], name="one_verdict_per_report"),
            models.CheckConstraint(
                condition=models.Q(verdict__in=["pass", "fail", "inconclusive", "invalid"]), name="known_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} on {self.scorecard}"
