"""One verb: permission, transaction and event together, or none of them."""

from __future__ import annotations

import pytest
from django.db import transaction

from apps.audit import trail
from apps.audit.action import ACTIONS, Done, action
from apps.audit.models import AuditEvent
from apps.kernel.errors import Forbidden
from apps.projects.models import Project
from apps.tenancy.acting import NotActing, acting
from apps.tenancy.permissions import Permission, Role
from tests.conftest import Person, person


def renaming(changed: bool = True):
    def rename(project: Project, *, name: str) -> Done[Project]:
        Project.objects.filter(pk=project.pk).update(name=name)
        return Done(project, project, facts={"name": name}, words={"name": name}, because="tidy", changed=changed)

    act = action("test.renamed", needs=Permission.EDIT_PROJECTS, says="renamed it to {name}")(rename)
    del ACTIONS["test.renamed"]  # only for this test; the house counts the real ones
    return act


def test_the_event_says_what_the_action_said(project: Project, ada: Person) -> None:
    with acting(ada.who):
        assert renaming()(project, name="{braces} stay") is project
        event = AuditEvent.objects.order_by("sequence").last()
    assert (event.event, event.says) == ("test.renamed", "renamed it to {braces} stay")
    assert (event.subject_kind, event.subject_id) == ("projects.project", str(project.pk))


def test_without_the_permission_nothing_happens(project: Project, ada: Person) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(viewer.who), pytest.raises(Forbidden):
        renaming()(project, name="taken")
    with acting(ada.who):
        assert Project.objects.get().name == "Support bot"
        assert not AuditEvent.objects.filter(event="test.renamed").exists()


def test_outside_a_block_nothing_happens(project: Project) -> None:
    with pytest.raises(NotActing):
        renaming()(project, name="taken")


def test_what_did_not_change_leaves_no_event(project: Project, ada: Person) -> None:
    with acting(ada.who):
        renaming(changed=False)(project, name="Support bot")
        assert not AuditEvent.objects.filter(event="test.renamed").exists()


def test_when_the_event_cannot_be_written_the_change_is_undone(
    project: Project, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(trail, "append", full)
    with acting(ada.who):
        with pytest.raises(OSError, match="no space"), transaction.atomic():
            renaming()(project, name="half")
        assert Project.objects.get().name == "Support bot"
