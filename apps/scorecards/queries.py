"""Find scorecards and read them back as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from apps.datasets.models import Dataset
from apps.evals.models import EvalRun
from apps.kernel import lifecycle
from apps.kernel.errors import NotFound
from apps.kernel.scorecard import Scorecard as Card
from apps.projects.models import Project
from apps.registry.models import ModelVersion
from apps.scorecards.models import Scorecard
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_number, parse_public_id
from apps.tenancy.permissions import Permission


def scorecards(project: Project) -> QuerySet[Scorecard]:
    """All cards, superseded ones too, each with the ``present_number`` of its run."""
    require(Permission.VIEW)
    present = Scorecard.objects.filter(run=OuterRef("run")).order_by("-number").values("number")[:1]
    return (
        Scorecard.objects.filter(project=project)
        .select_related(
            "run", "run__teacher__model", "run__student__model", "run__dataset_version__dataset",
            "run__suite_version__suite",
        )
        .annotate(present_number=Subquery(present))
        .order_by("-number")
    )  # fmt: skip


def present(project: Project) -> QuerySet[Scorecard]:
    """The cards that no other supersedes, one a run."""
    return scorecards(project).filter(present_number=F("number"))


def scorecard(project: Project, reference: str | int) -> Scorecard:
    """By number or id. Raises NotFound."""
    text = str(reference)
    rows = scorecards(project)
    found = (
        rows.filter(number=number).first()
        if (number := parse_number(text)) is not None
        else rows.filter(pk=parse_public_id(Scorecard.ID_PREFIX, text)).first()
    )
    if found is None:
        raise NotFound(f"There is no scorecard '{text[:80]}' in this project.")
    return found


def of_run(run: EvalRun) -> Scorecard | None:
    """The card of a run that no other supersedes, None while it has none."""
    require(Permission.VIEW)
    return Scorecard.objects.filter(run=run).order_by("-number").first()


def successor(card: Scorecard) -> int | None:
    """The number of the card that stands in place of this one, None when this is the present card of its run.

    For cards from ``scorecards``, ``scorecard`` or ``listed``: these know it without a further query.
    """
    return None if card.present_number == card.number else card.present_number


def listed(project: Project) -> QuerySet[Scorecard]:
    """The same without their documents, for lists."""
    return scorecards(project).defer("document")


def of_version(project: Project, version: ModelVersion) -> QuerySet[Scorecard]:
    """The scorecards in which a model version took either part."""
    return listed(project).filter(Q(run__teacher=version) | Q(run__student=version))


def newest_of_students(project: Project, versions: Sequence[ModelVersion]) -> list[Scorecard]:
    """The newest scorecard of each of these versions as a student; versions without one are absent."""
    cards = listed(project).filter(run__student__in=[version.pk for version in versions])
    return list(cards.order_by("run__student_id", "-number").distinct("run__student_id"))


def numbers_of(run_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The number of each run's current scorecard by the run's id; runs without one are absent."""
    require(Permission.VIEW)
    return dict(Scorecard.objects.filter(run__in=run_ids).order_by("number").values_list("run_id", "number"))


def newest_over(dataset: Dataset) -> Scorecard | None:
    """The newest card over any version of a dataset, or None."""
    require(Permission.VIEW)
    return Scorecard.objects.filter(run__dataset_version__dataset=dataset).order_by("-created_at").first()


def value(row: Scorecard) -> Card:
    """The card as it was sealed; its digest is checked on the way. Raises ScorecardUnreadable."""
    return Card.from_document(json.loads(bytes(row.document)))


def unsealed_run_ids() -> list[UUID]:
    """Completed runs without a card: a task that was lost between the two."""
    completed = EvalRun.objects.filter(status=lifecycle.COMPLETED)
    return list(completed.exclude(pk__in=Scorecard.objects.values("run_id")).values_list("id", flat=True))
