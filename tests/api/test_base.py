"""An endpoint acts for the key's organization through the door ``api`` and answers in one piece."""

from __future__ import annotations

import json

import pytest

from apps.api.base import Call, named
from apps.audit.models import AuditEvent
from apps.kernel.errors import NotFound
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.replies import store
from apps.tenancy.acting import acting, is_acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person


def test_a_change_is_told_to_the_trail_with_key_door_and_request(rest: Rest, ada: Person) -> None:
    response = rest.post("/projects", {"slug": "one"}, X_Request_ID="req-from-ci")
    assert response["X-Request-ID"] == "req-from-ci"
    with acting(ada.who):
        event = AuditEvent.objects.get(event="project.opened")
    assert (event.actor_kind, event.door, event.request_id) == ("api_key", "api", "req-from-ci")
    assert event.actor_label == f"key ci ({rest.key.split('_')[1]})"


def test_what_is_made_has_its_address(rest: Rest) -> None:
    response = rest.post("/projects", {"slug": "one", "name": "The first"})
    made = json.loads(response.content)
    assert response["Location"] == "/api/v1/projects/one"
    assert json.loads(rest.get("/projects/one").content) == made
    assert json.loads(rest.get(f"/projects/{made['id']}").content) == made
    assert {name: made[name] for name in ("object", "slug", "name")} == {
        "object": "project", "slug": "one", "name": "The first",
    }  # fmt: skip


def test_answers_are_kept_by_no_cache(rest: Rest) -> None:
    assert rest.get("/me")["Cache-Control"] == rest.get("/nothing/here")["Cache-Control"] == "no-store"


def test_head_is_get_without_a_body(rest: Rest) -> None:
    response = rest.client.head("/api/v1/me", headers={"Authorization": f"Bearer {rest.key}"})
    assert (response.status_code, response.content) == (200, b"")


def test_an_error_after_the_change_takes_the_change_back(
    rest: Rest, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(store, "keep", fail)
    assert code_of(rest.post("/projects", {"slug": "one"}, Idempotency_Key="k")) == (500, "internal")
    assert not is_acting()
    with acting(ada.who):
        assert not Project.objects.exists()
        assert not AuditEvent.objects.filter(event="project.opened").exists()


def test_permission_is_asked_before_the_body_is_read(reader: Rest) -> None:
    assert code_of(reader.raw("/projects", b"\xff not even text")) == (403, "permission_missing")


def test_the_place_is_found_before_permission_is_asked(reader: Rest) -> None:
    assert code_of(reader.post("/projects/nowhere/models", {"slug": "a"})) == (404, "not_found")


def test_a_call_addresses_things_in_its_project(ada: Person) -> None:
    with acting(ada.who):
        project = projects.open_project(slug="one")
    assert Call(project=project).address("runs", "run_1") == "/api/v1/projects/one/runs/run_1"
    assert Call().address("providers") == "/api/v1/providers"


def test_a_reference_that_leads_nowhere_names_its_field() -> None:
    def find(project: object, reference: str) -> object:
        raise NotFound(f"There is no '{reference}' here.")

    with pytest.raises(NotFound) as refused:
        named("teacher", find, None, "big")
    assert (refused.value.detail, refused.value.where) == ("There is no 'big' here.", {"field": "teacher"})
    with pytest.raises(NotFound) as refused:
        named("against", find, None, "9", part="parameter")
    assert refused.value.where == {"parameter": "against"}
