"""Readers of the browser door: a signed-in client for each person, and a project with a whole story in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from apps.audit.models import AuditEvent
from apps.decisions import actions as decisions
from apps.projects.models import Project
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import runs

BACKEND = "django.contrib.auth.backends.ModelBackend"
REASON = "The gold cohort lost more than we can bear."
CHANGING = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"|req_[0-9a-f]{32}')


class Browser:
    """One person's pages, or a stranger's to everything when nobody is signed in."""

    def __init__(self, someone: Person | None = None) -> None:
        self.client = Client(raise_request_exception=True)
        if someone is not None:
            self.client.force_login(someone.user, backend=BACKEND)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.client.get(path, headers=headers)

    def post(self, path: str, fields: dict[str, Any] | None = None) -> HttpResponse:
        return self.client.post(path, fields or {})

    def upload(self, path: str, file_name: str, content: bytes, /, **fields: str) -> HttpResponse:
        """As the form sends it, with the last field that says the request is whole."""
        file = SimpleUploadedFile(file_name, content)
        return self.client.post(path, {**fields, "file": file, "is_whole": "1"})


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


def code_of(response: HttpResponse) -> tuple[int, str]:
    """The status and the code on a page that tells of an error."""
    found = re.search(r'<p class="ids">Code <code>(\w+)</code>', text_of(response))
    assert found, text_of(response)[:2000]
    return response.status_code, found[1]


def unchanging(response: HttpResponse) -> bytes:
    """A body without what differs in every answer."""
    return CHANGING.sub(b"", response.content)


@dataclass(frozen=True, slots=True)
class Story:
    """A project in which everything happened once: rows, two models, a run, a verdict that failed, a decision."""

    project: Project
    at: str


@pytest.fixture
def story(ada: Person, project: Project) -> Story:
    rows = runs.golden_rows(40)
    verdict = runs.judged(ada.who, project, rows=rows, wrong=[row["id"] for row in rows[::2]])
    with acting(ada.who):
        decisions.record(verdict, kind="reject", reason=REASON, reference="ACME-1")
    return Story(project, f"/o/{ada.organization.slug}/p/{project.slug}")


@pytest.fixture
def at(project: Project, ada: Person) -> str:
    """The address of an empty project."""
    return f"/o/{ada.organization.slug}/p/{project.slug}"


@pytest.fixture
def viewer(ada: Person) -> Person:
    return person("vic@acme.test", ada.organization, Role.VIEWER)


@pytest.fixture
def member(ada: Person) -> Person:
    return person("mia@acme.test", ada.organization, Role.MEMBER)


@pytest.fixture
def events(ada: Person) -> Callable[[], int]:
    """How many events the trail holds: what was refused adds none."""

    def count() -> int:
        with acting(ada.who):
            return AuditEvent.objects.count()

    return count
