"""Find projects, and number what people say aloud."""

from __future__ import annotations

from typing import Any

from django.db.models import Max, QuerySet

from apps.kernel.errors import NotFound
from apps.projects.models import Project
from apps.tenancy.acting import require
from apps.tenancy.ids import parse_public_id
from apps.tenancy.permissions import Permission


def projects() -> QuerySet[Project]:
    require(Permission.VIEW)
    return Project.objects.order_by("slug")


def project(slug: str) -> Project:
    """By slug or id. Raises NotFound."""
    found = projects().filter(slug=slug).first()
    if found is None and slug.startswith(f"{Project.ID_PREFIX}_"):
        found = projects().filter(pk=parse_public_id(Project.ID_PREFIX, slug)).first()
    if found is None:
        raise NotFound(f"There is no project '{slug[:60]}' here.")
    return found


def lock(project: Project) -> None:
    """Let one writer at a time number, seal or decide in a project, until the transaction ends."""
    Project.objects.select_for_update().get(pk=project.pk)


def next_number(project: Project, model: Any) -> int:
    """The next short number (#128) of a kind of thing. Locks the project row until the transaction ends."""
    lock(project)
    highest = model.objects.filter(project=project).aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1
