"""Callers of the REST door: a client for each key, over Django's test client."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from apps.members import actions as members
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person

BASE = "/api/v1"
WORK = ("admin",)


class Rest:
    """One key's calls. ``path`` is below /api/v1; headers are given as HTTP writes them."""

    def __init__(self, key: str | None) -> None:
        self.key = key
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.client.get(BASE + path, headers=self._headers(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        return self.raw(path, content, **headers)

    def raw(self, path: str, content: bytes, content_type: str = "application/json", **headers: str) -> HttpResponse:
        return self.client.post(BASE + path, content, content_type=content_type, headers=self._headers(headers))

    def upload(self, path: str, name: str, content: bytes, **headers: str) -> HttpResponse:
        file = SimpleUploadedFile(name, content)
        return self.client.post(BASE + path, {"file": file}, headers=self._headers(headers))

    def call(self, method: str, path: str) -> HttpResponse:
        return self.get(path) if method == "GET" else self.post(path)

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return given if self.key is None else {"Authorization": f"Bearer {self.key}", **given}


def key_for(person: Person, *, scopes: Sequence[str] = WORK, name: str = "ci") -> str:
    with acting(person.who):
        return members.issue_key(name=name, scopes=list(scopes), created_by=person.user).text


def code_of(response: HttpResponse) -> tuple[int, str]:
    """Status and code of a problem, having checked that it is one."""
    assert response["Content-Type"] == "application/problem+json", response.content[:300]
    return response.status_code, json.loads(response.content)["code"]


@pytest.fixture
def rest(ada: Person) -> Rest:
    return Rest(key_for(ada))


@pytest.fixture
def reader(ada: Person) -> Rest:
    return Rest(key_for(ada, scopes=["read"], name="reader"))


@pytest.fixture
def stranger(cy: Person) -> Rest:
    return Rest(key_for(cy))


@pytest.fixture
def at(project: Project) -> str:
    """Where Ada's project stands below /api/v1."""
    return f"/projects/{project.slug}"
