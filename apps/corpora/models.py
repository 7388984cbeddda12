"""What comparing a student's training corpus with golden rows found. Nothing of the corpus itself is kept."""

from __future__ import annotations

from django.db import models

from apps.tenancy.owned import OrganizationOwned, OwnedForeignKey


class CorpusCheck(OrganizationOwned):
    """One corpus file of a model version against one dataset version.

    ``matches`` lists each row found: key, kind, likeness and the number of the training row.
    """

    ID_PREFIX = "corp"

    model_version = OwnedForeignKey("registry.ModelVersion", related_name="+")
    dataset_version = OwnedForeignKey("datasets.DatasetVersion", related_name="+")
    file_name = models.CharField(max_length=200)
    corpus_digest = models.CharField(max_length=71)
    corpus_rows = models.PositiveIntegerField()
    golden_rows = models.PositiveIntegerField()
    without_text = models.PositiveIntegerField()
    matches = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "dataset_version", "corpus_digest"], name="one_check_per_corpus"
            )
        ]

    @property
    def share(self) -> float:
        """Golden rows found in the corpus, 0 to 1."""
        return len(self.matches) / self.golden_rows if self.golden_rows else 0.0

    def __str__(self) -> str:
        return f"{self.file_name} of {self.model_version}"
