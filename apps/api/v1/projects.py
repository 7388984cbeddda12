"""Projects of the organization."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.base import Call, Endpoint, Made
from apps.api.fields import Asked, Kind, Slug, Text, identifier, shown
from apps.api.operation import needs, operation
from apps.projects import actions, queries


class NewProject(Asked):
    slug = Slug()
    name = Text(max_length=120, required=False, default="", allow_blank=True)


class ProjectShape(serializers.Serializer):
    object = Kind("project")
    id = identifier()
    slug = shown()
    name = shown()
    created_at = serializers.DateTimeField(read_only=True)


class Projects(Endpoint):
    tag = "projects"

    @operation("projects_list", "List the projects", answers=ProjectShape, is_list=True)
    def get(self, call: Call) -> Any:
        return queries.projects()

    @operation(
        "projects_create", "Open a project",
        answers=ProjectShape, asks=NewProject, status=201, guard=needs(actions.open_project),
    )  # fmt: skip
    def post(self, call: Call) -> Made:
        project = actions.open_project(slug=call.asked["slug"], name=call.asked["name"])
        return Made(project, call.address("projects", project.slug))


class Project(Endpoint):
    tag = "projects"

    @operation("projects_read", "Read a project by slug or id", answers=ProjectShape)
    def get(self, call: Call) -> Any:
        return call.project
