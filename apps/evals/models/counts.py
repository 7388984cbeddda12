"""Counts and pace of a run beside its rows, kept by triggers."""

from __future__ import annotations

from django.db import models

from apps.evals.models.runs import EvalRun
from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey

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
