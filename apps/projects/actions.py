"""Open a project."""

from __future__ import annotations

from django.core.validators import slug_re

from apps.audit.action import Done, action
from apps.kernel.errors import Conflict, InvalidInput
from apps.projects.models import Project
from apps.tenancy.permissions import Permission

SLUG_LENGTH = 60


@action("project.opened", needs=Permission.EDIT_PROJECTS, says="opened the project {slug}")
def open_project(*, slug: str, name: str = "") -> Done[Project]:
    """Raises InvalidInput for a slug that is none, Conflict for one that is taken."""
    if len(slug) > SLUG_LENGTH or not slug_re.match(slug):
        raise InvalidInput(
            f"'{slug[:80]}' is no slug: use letters, digits, '-' and '_', at most {SLUG_LENGTH}.",
            code="slug_invalid",
            where={"field": "slug"},
        )
    if Project.objects.filter(slug=slug).exists():
        raise Conflict(f"The project '{slug}' exists already.", code="slug_taken", where={"field": "slug"})
    project = Project.objects.create(slug=slug, name=name or slug)
    return Done(project, project, facts={"slug": slug}, words={"slug": slug})
