"""Every call to a model, what each model answered, and what each evaluator and the student find of it."""

from __future__ import annotations

from django.db import models

from apps.evals.models.runs import ROLES, Batch, EvalRun
from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey, organization_key


class Attempt(OrganizationOwned):
    """One call to a model, durable before it was sent, so that every call has its row whatever is killed.

    Open while ``ended_at`` is empty. ``worst_usd`` is its price at the most; ``cost_usd`` what it cost for certain,
    ``unconfirmed_usd`` what it may have cost beyond. ``role`` is the side that answers, or that the judge of
    ``evaluator`` is asked about; the student where its batch is one of measuring. ``body`` is the exact request,
    compressed with zlib, kept once for a call: retries carry its digest. ``broken_at`` is the byte of an answer from
    which on it could not be read.
    """

    ID_PREFIX = "att"

    organization = organization_key(is_indexed=False)
    run = OwnedForeignKey(EvalRun, related_name="+")
    batch = OwnedForeignKey(Batch, related_name="+")
    token = models.PositiveIntegerField()
    example_id = models.UUIDField()
    role = models.CharField(max_length=10, choices=ROLES)
    repeat = models.PositiveSmallIntegerField(default=0)
    evaluator = models.CharField(max_length=120, blank=True)
    number = models.PositiveSmallIntegerField(default=1)
    request_digest = models.CharField(max_length=71, blank=True)
    body = models.BinaryField(null=True)
    worst_usd = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    broken_at = models.PositiveIntegerField(null=True)
    latency_ms = models.FloatField(null=True)
    cost_usd = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    unconfirmed_usd = models.DecimalField(max_digits=18, decimal_places=9, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, outcome="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(outcome="")),
                name="ended_attempt_has_outcome",
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} on {self.example_id}, attempt {self.number}"


class Generation(OrganizationOwned):
    """What one model version answered on one example, with usage, latency and cost; or the fault it ended in.

    ``repeat`` counts from 0. ``logprobs`` is a list of positions, each ``[token, logprob, [[token, logprob], …]]``.
    ``reused_from`` is the earlier generation that the same exact request had: nothing was sent, the cost is list price.
    """

    ID_PREFIX = "gen"

    organization = organization_key(is_indexed=False)
    # The unique key begins with the run; a second index on it alone tempts the planner into reading whole runs.
    run = OwnedForeignKey(EvalRun, related_name="generations", db_index=False)
    example = OwnedForeignKey("datasets.Example", related_name="+")
    role = models.CharField(max_length=10, choices=ROLES)
    repeat = models.PositiveSmallIntegerField(default=0)
    output = models.TextField(null=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    fault = models.CharField(max_length=60, blank=True)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    usage_estimated = models.BooleanField(default=False)
    latency_ms = models.FloatField(null=True)
    first_token_ms = models.FloatField(null=True)
    cost_usd = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    answered_by = models.CharField(max_length=200, blank=True)
    fingerprint = models.CharField(max_length=200, blank=True)
    logprobs = models.JSONField(null=True)
    request_digest = models.CharField(max_length=71, blank=True)
    reused_from = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "example", "role", "repeat"], name="one_generation_per_repeat")
        ]
        indexes = [
            models.Index(
                fields=["organization", "request_digest"],
                name="answers_by_request",
                condition=models.Q(fault="") & ~models.Q(request_digest=""),
            )
        ]

    @property
    def is_reused(self) -> bool:
        return self.reused_from is not None

    @property
    def measured(self) -> Likelihood | None:
        """What the student finds of this answer; None where nobody asked or it was not read along."""
        return next(iter(getattr(self, "measurements", ())), None)

    def __str__(self) -> str:
        return f"{self.role} on {self.example_id}"


class Score(OrganizationOwned):
    """One evaluator's result on one generation: a value from 0 to 1, or missing with its reason."""

    ID_PREFIX = "score"

    organization = organization_key(is_indexed=False)
    generation = OwnedForeignKey(Generation, related_name="scores", db_index=False)
    evaluator = models.CharField(max_length=120)
    value = models.FloatField(null=True)
    reason = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    judge_cost_usd = models.DecimalField(max_digits=18, decimal_places=9, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation", "evaluator"], name="one_score_per_evaluator"),
            models.CheckConstraint(
                condition=models.Q(value__gte=0, value__lte=1) | models.Q(value__isnull=True), name="score_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evaluator}: {self.value}"


class Likelihood(OrganizationOwned):
    """How likely the student finds an answer of the teacher: its log-probability in nats, or the reason why unknown.

    ``teacher_nats`` is the teacher's own of the same text, from the tokens that came with it. ``logprobs`` holds the
    student's own tokens of that text, each ``[token, logprob]``. ``reused_from`` is the earlier measurement that the
    same exact request had: nothing was sent, the cost is list price.
    """

    ID_PREFIX = "like"

    organization = organization_key(is_indexed=False)
    generation = OwnedForeignKey(Generation, related_name="likelihoods", db_index=False)
    nats = models.FloatField(null=True)
    teacher_nats = models.FloatField(null=True)
    tokens = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=60, blank=True)
    logprobs = models.JSONField(null=True)
    cost_usd = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    request_digest = models.CharField(max_length=71, blank=True)
    reused_from = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["generation"], name="one_likelihood_per_generation"),
            models.CheckConstraint(
                condition=models.Q(nats__lte=0, reason="") | (models.Q(nats__isnull=True) & ~models.Q(reason="")),
                name="likelihood_or_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "request_digest"], name="likelihoods_by_request", condition=models.Q(reason="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.nats} nats" if self.nats is not None else self.reason
