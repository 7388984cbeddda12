"""A run as a frozen plan, and its batches and seats for those who work on it."""

from __future__ import annotations

from django.db import models

from apps.evals.execute.work import ANSWERING, JUDGING, MEASURING
from apps.kernel import lifecycle
from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey

TEACHER, STUDENT = "teacher", "student"
ROLES = [(TEACHER, TEACHER), (STUDENT, STUDENT)]
STAGES = [(ANSWERING, ANSWERING), (JUDGING, JUDGING), (MEASURING, MEASURING)]
BITS_PER_BYTE = "bits_per_byte"
DIVERGENCES = [("", "none"), (BITS_PER_BYTE, BITS_PER_BYTE)]
EVIDENCE, SELECTION = "evidence", "selection"
PURPOSES = [(EVIDENCE, EVIDENCE), (SELECTION, SELECTION)]


class EvalRun(OrganizationOwned):
    """One suite over one pinned dataset version for a teacher and a student, each example answered ``repeats`` times.

    A ``selection`` run only chooses golden rows and is never evidence (statistics.md, section 0.8). ``spent_usd`` and
    ``reserved_usd`` are kept only where there is a budget: ended attempts at their upper bound, and open ones; of it
    ``held_usd`` is kept for checking the judges. With ``divergence`` the student is asked how likely it finds the
    teacher's answers.
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
    seed = models.BigIntegerField(null=True)
    reuse_answers = models.BooleanField(default=False)
    divergence = models.CharField(max_length=20, choices=DIVERGENCES, blank=True, default="")
    retry_of = models.UUIDField(null=True)
    budget_usd = models.DecimalField(max_digits=18, decimal_places=9, null=True)
    spent_usd = models.DecimalField(max_digits=18, decimal_places=9, default=0)
    reserved_usd = models.DecimalField(max_digits=18, decimal_places=9, default=0)
    held_usd = models.DecimalField(max_digits=18, decimal_places=9, default=0)
    paused_because = models.CharField(max_length=40, blank=True)
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
            models.CheckConstraint(condition=models.Q(divergence__in=["", BITS_PER_BYTE]), name="known_run_divergence"),
            models.CheckConstraint(condition=models.Q(repeats__gte=1), name="run_repeats_at_least_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=[lifecycle.PLANNED, lifecycle.RUNNING, lifecycle.PAUSED])
                | models.Q(finished_at__isnull=False),
                name="final_run_has_its_time",
            ),
            models.CheckConstraint(
                condition=models.Q(budget_usd__gt=0) | models.Q(budget_usd__isnull=True), name="run_budget_positive"
            ),
        ]

    @property
    def is_selection(self) -> bool:
        return self.purpose == SELECTION

    def __str__(self) -> str:
        return f"run #{self.number}"


class Batch(OrganizationOwned):
    """Some examples of a run, handed out with a lease. ``token`` fences: a late worker's write finds another token.

    A judging or measuring batch is ready once the answering batch of its position is done. ``losses`` counts by
    example id how often a worker died with it, ``lost_with`` names those workers' slices; ``trying`` is the one example
    that is worked on alone.
    """

    ID_PREFIX = "batch"

    run = OwnedForeignKey(EvalRun, related_name="batches")
    stage = models.CharField(max_length=10, choices=STAGES, default=ANSWERING)
    position = models.PositiveIntegerField()
    example_ids = models.JSONField()
    is_ready = models.BooleanField(default=True)
    is_done = models.BooleanField(default=False)
    holder = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)
    token = models.PositiveIntegerField(default=0)
    losses = models.JSONField(default=dict)
    lost_with = models.JSONField(default=list)
    needs_care = models.BooleanField(default=False)
    trying = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "stage", "position"], name="one_batch_per_position"),
            models.CheckConstraint(
                condition=models.Q(stage__in=[ANSWERING, JUDGING, MEASURING]), name="known_batch_stage"
            ),
        ]
        indexes = [
            models.Index(fields=["run", "stage", "position"], name="open_batches", condition=models.Q(is_done=False))
        ]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.stage}:{self.position}"


class Seat(OrganizationOwned):
    """A place for one slice of work on a run's stage: as many as there are seats work on it at the same time.

    ``rung`` counts the messages sent for it, ``served`` is the newest that needs no answer any more: so of messages
    that came twice or were sent again only one finds work. The seat is taken while its holder has a lease.
    """

    ID_PREFIX = "seat"

    run = OwnedForeignKey(EvalRun, related_name="+")
    stage = models.CharField(max_length=10, choices=STAGES)
    number = models.PositiveSmallIntegerField()
    rung = models.PositiveIntegerField(default=0)
    served = models.PositiveIntegerField(default=0)
    rung_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    holder = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "stage", "number"], name="one_seat_per_number")]
        indexes = [
            models.Index(
                fields=["organization", "stage"], name="waiting_seats", condition=models.Q(rung__gt=models.F("served"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.stage}:{self.number}"
