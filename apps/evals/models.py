"""A run as a frozen plan in rows: batches with leases, what each model answered, what each evaluator found."""

from __future__ import annotations

from django.db import models

from apps.evals.execute.work import ANSWERING, JUDGING, MEASURING
from apps.kernel import lifecycle
from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey, organization_key

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


PLANNED_EXAMPLES, CALL, ANSWER, SCORE, MEASURED = "planned", "call", "answer", "score", "measured"
SUBJECTS = [(subject, subject) for subject in (PLANNED_EXAMPLES, CALL, ANSWER, SCORE, MEASURED)]


class Tally(OrganizationOwned):
    """Counts of a run's rows, so that a look at it reads these instead. Triggers keep them, in the same transaction.

    ``code`` is an answer's fault, the reason of a score or of what was measured, a call's outcome ("" while it is
    open); examples are planned by cohort alone. Each writer counts in a ``lane`` of its own, so that none waits for
    another: one lane by itself may be negative, only sums over all lanes mean something. Of scores, ``faulted`` counts
    those missing with their answer.
    """

    ID_PREFIX = "tally"

    run = OwnedForeignKey(EvalRun, related_name="+")
    lane = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=10, choices=SUBJECTS)
    role = models.CharField(max_length=10, blank=True)
    cohort = models.CharField(max_length=120, blank=True)
    evaluator = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=60, blank=True)
    count = models.IntegerField(default=0)
    missing = models.IntegerField(default=0)
    faulted = models.IntegerField(default=0)
    unpriced = models.IntegerField(default=0)
    reused = models.IntegerField(default=0)
    value_sum = models.DecimalField(max_digits=24, decimal_places=9, default=0)
    cost_usd = models.DecimalField(max_digits=24, decimal_places=9, default=0)
    unconfirmed_usd = models.DecimalField(max_digits=24, decimal_places=9, default=0)
    worst_usd = models.DecimalField(max_digits=24, decimal_places=9, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "lane", "subject", "role", "cohort", "evaluator", "code"], name="one_tally_per_lane"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.lane}:{self.subject}:{self.role}:{self.cohort}:{self.evaluator}:{self.code}"


class Pulse(OrganizationOwned):
    """How fast answers came to a run in one lane, of late.

    ``marked`` answers were in at ``marked_at`` and ``earlier`` ones some ten seconds before: a rate lies between.
    """

    ID_PREFIX = "pulse"

    run = OwnedForeignKey(EvalRun, related_name="+")
    lane = models.PositiveSmallIntegerField()
    answered = models.IntegerField()
    latest_at = models.DateTimeField()
    marked = models.IntegerField()
    marked_at = models.DateTimeField()
    earlier = models.IntegerField()
    earlier_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "lane"], name="one_pulse_per_lane")]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.lane}"
