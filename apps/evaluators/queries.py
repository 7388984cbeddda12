"""Find evaluators and suites."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.evaluators.models import AnchorSet, Evaluator, SuiteVersion
from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_number, parse_public_id
from apps.tenancy.permissions import Permission


def evaluators(project: Project) -> QuerySet[Evaluator]:
    require(Permission.VIEW)
    return Evaluator.objects.filter(project=project).order_by("name")


def evaluator(project: Project, name: str) -> Evaluator:
    """By name or id. Raises NotFound."""
    found = evaluators(project).filter(name=name).first()
    if found is None and name.startswith(f"{Evaluator.ID_PREFIX}_"):
        found = evaluators(project).filter(pk=parse_public_id(Evaluator.ID_PREFIX, name)).first()
    if found is None:
        raise NotFound(f"There is no evaluator '{name[:80]}' in this project.")
    return found


def suite_versions(project: Project) -> QuerySet[SuiteVersion]:
    require(Permission.VIEW)
    return (
        SuiteVersion.objects.filter(suite__project=project).select_related("suite").order_by("suite__slug", "-number")
    )


def suite_version(project: Project, reference: str) -> SuiteVersion:
    """By ``slug`` (the newest), ``slug@number`` or id. Raises NotFound."""
    name, _, number = reference.rpartition("@")
    if reference.startswith(f"{SuiteVersion.ID_PREFIX}_"):
        found = suite_versions(project).filter(pk=parse_public_id(SuiteVersion.ID_PREFIX, reference)).first()
    elif name and parse_number(number) is not None:
        found = suite_versions(project).filter(suite__slug=name, number=int(number)).first()
    else:
        found = suite_versions(project).filter(suite__slug=reference).first()
    if found is None:
        raise NotFound(f"There is no suite '{reference[:80]}' in this project.")
    return found


def anchor_sets(project: Project) -> QuerySet[AnchorSet]:
    """Every set of anchors ever pinned, by evaluator, the current one of each judge first."""
    require(Permission.VIEW)
    return AnchorSet.objects.filter(project=project).order_by("evaluator", "judge_digest", "-revision")


def anchors_of(project_id: UUID, judge_digest: str, *, before: datetime | None = None) -> AnchorSet | None:
    """The current set of a judge, or the one that was current at a moment; None where nobody had pinned any."""
    require(Permission.VIEW)
    rows = AnchorSet.objects.filter(project=project_id, judge_digest=judge_digest)
    if before is not None:
        rows = rows.filter(created_at__lt=before)
    return rows.order_by("-revision").first()
