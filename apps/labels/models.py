"""Human labels beside a judge's scores, the blind samples they came from, and what a judge said of planted answers."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class LabelSample(OrganizationOwned):
    """A random subset of a run's rows for one evaluator, both models' answers in an order that tells nothing."""

    ID_PREFIX = "sample"

    run = OwnedForeignKey("evals.EvalRun", related_name="+")
    evaluator = models.CharField(max_length=120)
    seed = models.CharField(max_length=80)
    row_count = models.PositiveIntegerField()
    generation_ids = models.JSONField()
    drawn_by = models.CharField(max_length=260)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "evaluator", "seed", "row_count"], name="one_sample_per_seed")
        ]

    def __str__(self) -> str:
        return f"a sample of {self.row_count} rows for {self.evaluator}"


class Label(OrganizationOwned):
    """What one labeller found of one answer under one evaluator, 0 to 1. The newest ``revision`` counts.

    ``sample`` is where the answer was shown blind; without one the label came from a file. ``given_by`` is the actor,
    ``labeller`` whose judgement it is.
    """

    ID_PREFIX = "label"

    generation = OwnedForeignKey("evals.Generation", related_name="+")
    evaluator = models.CharField(max_length=120)
    labeller = models.CharField(max_length=260)
    revision = models.PositiveIntegerField(default=1)
    value = models.FloatField()
    note = models.TextField(blank=True)
    given_by = models.CharField(max_length=260)
    sample = OwnedForeignKey(LabelSample, null=True, related_name="labels")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["generation", "evaluator", "labeller", "revision"], name="one_label_per_revision"
            ),
            models.CheckConstraint(condition=models.Q(value__gte=0, value__lte=1), name="label_in_range"),
            models.CheckConstraint(condition=models.Q(revision__gte=1), name="label_revision_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.evaluator}: {self.value:g} by {self.labeller}"


class Planting(OrganizationOwned):
    """The lease on asking a run's judges about planted answers and anchors: one worker at a time spends money on it.

    ``reserved_usd`` is what the holder may spend of the run's budget under this lease.
    """

    ID_PREFIX = "planting"

    run = OwnedForeignKey("evals.EvalRun", related_name="+")
    leased_until = models.DateTimeField(null=True)
    token = models.PositiveIntegerField(default=0)
    reserved_usd = models.DecimalField(max_digits=18, decimal_places=9, default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run"], name="one_planting_per_run")]

    def __str__(self) -> str:
        return f"planted answers of {self.run_id}"


class Check(OrganizationOwned):
    """What a judge said in a run of an answer that is there to check it: 0 to 1, or missing with its reason.

    ``told`` is the name that the provider answered under, with its fingerprint.
    """

    run = OwnedForeignKey("evals.EvalRun", related_name="+")
    evaluator = models.CharField(max_length=120)
    place = models.PositiveIntegerField()
    value = models.FloatField(null=True)
    reason = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    judge_cost_usd = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    told = models.CharField(max_length=410, blank=True)

    class Meta:
        abstract = True


class PlantedVerdict(Check):
    """Of one planted answer. ``asking`` counts from 0; an order that got marks is asked about again."""

    ID_PREFIX = "plant"

    asking = models.PositiveSmallIntegerField(default=0)
    case = models.CharField(max_length=40)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "evaluator", "place", "asking"], name="one_verdict_per_planted_asking"
            ),
            models.CheckConstraint(
                condition=models.Q(value__gte=0, value__lte=1) | models.Q(value__isnull=True), name="planted_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evaluator} on {self.case}: {self.value}"


class AnchorVerdict(Check):
    """Of one anchor, a stored answer that it has judged before; ``place`` is its place among the set's members."""

    ID_PREFIX = "again"

    anchor_set = OwnedForeignKey("evaluators.AnchorSet", related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "evaluator", "place"], name="one_verdict_per_anchor"),
            models.CheckConstraint(
                condition=models.Q(value__gte=0, value__lte=1) | models.Q(value__isnull=True), name="anchor_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evaluator} on anchor {self.place}: {self.value}"
