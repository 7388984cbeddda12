"""A run as a frozen plan in rows: batches with leases, what each model answered, what each evaluator found."""

from __future__ import annotations

from django.db import models

from apps.kernel import lifecycle
from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey

TEACHER, STUDENT = "teacher", "student"
ROLES = [(TEACHER, TEACHER), (STUDENT, STUDENT)]
EVIDENCE, SELECTION = "evidence", "selection"
PURPOSES = [(EVIDENCE, EVIDENCE), (SELECTION, SELECTION)]


class EvalRun(OrganizationOwned):
    """One suite over one pinned dataset version for a teacher and a student, each example answered ``repeats`` times.

    A ``selection`` run only chooses golden rows and is never evidence (statistics.md, section 0.8).
    """

    ID_PREFIX = "run"

    project = OwnedForeignKey("projects.Project", related_name="+")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20, default=lifecycle.PLANNED)
    dataset_version = OwnedForeignKey("datasets.DatasetVersion", related_name="+")
    teacher = OwnedForeignKey("registry.ModelVersion", related_name="+")
    student = OwnedForeignKey("registry.ModelVersion", related_name="+")
    suite_version = OwnedForeignKey("evaluators.SuiteVersion", related_name="+")
    policy_slug = models.CharField(max_length=60, blank=True)
    purpose = models.CharField(max_length=10, choices=PURPOSES, default=EVIDENCE)
    repeats = models.PositiveSmallIntegerField(default=1)
    plan = models.JSONField()
    plan_digest = models.CharField(max_length=71)
    example_count = models.PositiveIntegerField()
    unpaired = models.JSONField(default=dict)
    started_by = models.CharField(max_length=260)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="one_run_per_number"),
            models.CheckConstraint(condition=models.Q(status__in=list(lifecycle.EVAL_RUN)), name="known_run_status"),
            models.CheckConstraint(condition=~models.Q(teacher=models.F("student")), name="teacher_is_not_student"),
            models.CheckConstraint(condition=models.Q(purpose__in=[EVIDENCE, SELECTION]), name="known_run_purpose"),
            models.CheckConstraint(condition=models.Q(repeats__gte=1), name="run_repeats_at_least_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=[lifecycle.PLANNED, lifecycle.RUNNING])
                | models.Q(finished_at__isnull=False),
                name="final_run_has_its_time",
            ),
        ]

    @property
    def is_selection(self) -> bool:
        return self.purpose == SELECTION

    def __str__(self) -> str:
        return f"run #{self.number}"


class Batch(OrganizationOwned):
    """Some examples of a run, handed out with a lease. ``token`` fences: a late worker's write finds another token."""

    ID_PREFIX = "batch"

    run = OwnedForeignKey(EvalRun, related_name="batches")
    position = models.PositiveIntegerField()
    example_ids = models.JSONField()
    is_done = models.BooleanField(default=False)
    leased_until = models.DateTimeField(null=True)
    token = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="one_batch_per_position")]
        indexes = [models.Index(fields=["organization", "run"], name="open_batches", condition=models.Q(is_done=False))]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.position}"


class Generation(OrganizationOwned):
    """What one model version answered on one example, with usage, latency and cost; or the fault it ended in.

    ``repeat`` counts from 0. ``logprobs`` is a list of positions, each ``[token, logprob, [[token, logprob], …]]``.
    """

    ID_PREFIX = "gen"

    run = OwnedForeignKey(EvalRun, related_name="generations")
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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "example", "role", "repeat"], name="one_generation_per_repeat")
        ]

    def __str__(self) -> str:
        return f"{self.role} on {self.example_id}"


class Score(OrganizationOwned):
    """One evaluator's result on one generation: a value from 0 to 1, or missing with its reason."""

    ID_PREFIX = "score"

    generation = OwnedForeignKey(Generation, related_name="scores")
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
