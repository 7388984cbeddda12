"""Find evaluators and suites."""

from __future__ import annotations

from django.db.models import QuerySet

from apps.evaluators.models import Evaluator, SuiteVersion
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
