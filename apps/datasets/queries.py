"""Find datasets and versions: ``slug``, ``slug@4``, ``slug-v4`` or a typed id."""

from __future__ import annotations

import re
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum

from apps.datasets.models import Cohort, Dataset, DatasetVersion, Example
from apps.kernel.errors import Conflict, NotFound
from apps.kernel.reading.golden import GoldenExample
from apps.projects.models import Project
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_public_id
from apps.tenancy.permissions import Permission

NUMBERED = re.compile(r"(?P<slug>.+?)(?:@|-v)(?P<number>[1-9][0-9]{0,7})\Z")
CONTENT_FIELDS = ("input", "context", "reference", "prompt", "messages", "schema", "tools")


class DatasetNotPinned(Conflict):
    """Evidence needs a version that can no longer change."""

    code = "dataset_not_pinned"
    title = "Dataset version is not pinned"


def datasets(project: Project) -> QuerySet[Dataset]:
    require(Permission.VIEW)
    return Dataset.objects.filter(project=project).order_by("slug")


def versions(project: Project) -> QuerySet[DatasetVersion]:
    require(Permission.VIEW)
    return (
        DatasetVersion.objects.filter(dataset__project=project)
        .select_related("dataset")
        .order_by("dataset__slug", "-number")
    )


def newest(project: Project) -> QuerySet[DatasetVersion]:
    """The newest version of each dataset, with ``cohort_count`` and ``high_value_rows``."""
    latest = versions(project).distinct("dataset__slug").values("pk")
    return (
        versions(project)
        .filter(pk__in=latest)
        .annotate(
            cohort_count=Count("cohorts"),
            high_value_rows=Sum("cohorts__example_count", filter=Q(cohorts__is_high_value=True), default=0),
        )
    )


def version(project: Project, reference: str) -> DatasetVersion:
    """The version a reference names; without a number, the newest. Raises NotFound."""
    numbered = NUMBERED.match(reference)
    found = None
    if reference.startswith(f"{DatasetVersion.ID_PREFIX}_"):
        found = versions(project).filter(pk=parse_public_id(DatasetVersion.ID_PREFIX, reference)).first()
    elif numbered:
        found = versions(project).filter(dataset__slug=numbered["slug"], number=int(numbered["number"])).first()
    if found is None:
        found = versions(project).filter(dataset__slug=reference).first()
    if found is None:
        raise NotFound(f"There is no dataset '{reference[:80]}' in this project.")
    return found


def require_pinned(version: DatasetVersion) -> None:
    if not version.is_pinned:
        raise DatasetNotPinned(
            f"{version} is a draft. A run needs a pinned version, which can no longer change.",
            where={"dataset": str(version)},
            fix=f"Pin {version} first.",
        )


def pinned_after(version: DatasetVersion, moment: datetime) -> DatasetVersion | None:
    """The newest later version of the same dataset that was pinned after a moment, or None."""
    require(Permission.VIEW)
    later = DatasetVersion.objects.filter(dataset=version.dataset_id, number__gt=version.number, pinned_at__gt=moment)
    return later.select_related("dataset").order_by("-number").first()


def cohorts(version: DatasetVersion) -> QuerySet[Cohort]:
    return Cohort.objects.filter(version=version).order_by("name")


def examples(version: DatasetVersion) -> QuerySet[Example]:
    return Example.objects.filter(version=version).select_related("cohort").order_by("key")


def is_clustered(version: DatasetVersion) -> bool:
    """Whether any row of the version names a cluster."""
    return Example.objects.filter(version=version).exclude(cluster="").exists()


def examples_of(version: DatasetVersion, cohort: str) -> QuerySet[Example]:
    """The examples of one cohort by its name. Raises NotFound."""
    require(Permission.VIEW)
    if not cohorts(version).filter(name=cohort).exists():
        raise NotFound(f"There is no cohort '{cohort[:80]}' in {version}.")
    return examples(version).filter(cohort__name=cohort)


def content_of(example: GoldenExample) -> dict[str, object]:
    """What evaluators and prompts may use of an example, without its empty columns."""
    content = {name: getattr(example, name) for name in CONTENT_FIELDS}
    return {**dict(example.extra), **{name: value for name, value in content.items() if value is not None}}
