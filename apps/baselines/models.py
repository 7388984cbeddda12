"""A dataset version that was chosen from another by a run, and how."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class Baseline(OrganizationOwned):
    """``recipe`` is what chose the rows, ``chosen`` how many of each cohort were taken, wanted and left out."""

    ID_PREFIX = "base"

    dataset_version = OwnedForeignKey("datasets.DatasetVersion", related_name="+")
    selection_run = OwnedForeignKey("evals.EvalRun", related_name="+")
    recipe = models.JSONField()
    chosen = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset_version"], name="one_baseline_per_version")]

    def __str__(self) -> str:
        return f"{self.dataset_version} from {self.selection_run}"
