"""A POST with an Idempotency-Key happens once, however often and however fast it is sent."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from apps.evals.models import EvalRun
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.replies.models import Reply
from apps.tenancy import tasking
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of, key_for
from tests.conftest import Person, founder
from tests.factories import runs
from tests.factories.runs import golden_rows, output_rows

KEY = {"Idempotency_Key": "9b2d0f"}


def project_count(ada: Person) -> int:
    with acting(ada.who):
        return Project.objects.count()


def test_the_same_request_again_gets_the_first_answer(rest: Rest, ada: Person) -> None:
    first = rest.post("/projects", {"slug": "one"}, **KEY)
    again = rest.post("/projects", {"slug": "one"}, **KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first["Location"] == again["Location"] == "/api/v1/projects/one"
    assert again["Idempotent-Replayed"] == "true"
    assert not first.has_header("Idempotent-Replayed")
    assert project_count(ada) == 1


def test_without_a_key_the_request_is_done_again(rest: Rest) -> None:
    rest.post("/projects", {"slug": "one"})
    assert code_of(rest.post("/projects", {"slug": "one"})) == (409, "slug_taken")


@pytest.mark.parametrize("second", [("/projects", {"slug": "two"}), ("/projects/one/models", {"slug": "one"})])
def test_another_request_with_the_same_key_is_refused(rest: Rest, ada: Person, second) -> None:
    rest.post("/projects", {"slug": "one"}, **KEY)
    assert code_of(rest.post(*second, **KEY)) == (422, "idempotency_key_reused")
    assert project_count(ada) == 1


def test_an_upload_is_known_by_its_file_not_by_the_boundary_around_it(rest: Rest, at: str) -> None:
    content = runs.lines(golden_rows())
    first = rest.upload(f"{at}/datasets?name=golden", "g.jsonl", content, **KEY)
    again = rest.upload(f"{at}/datasets?name=golden", "g.jsonl", content, **KEY)
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert first.content == again.content
    other = rest.upload(f"{at}/datasets?name=golden", "g.jsonl", content + b"\n", **KEY)
    assert code_of(other) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["x" * 256, "schlüssel", "a\tb"])
def test_a_key_that_is_none_is_refused(rest: Rest, ada: Person, key: str) -> None:
    assert code_of(rest.post("/projects", {"slug": "one"}, Idempotency_Key=key)) == (400, "idempotency_key_invalid")
    assert project_count(ada) == 0


def test_a_refused_request_lets_its_key_go(rest: Rest, ada: Person) -> None:
    assert rest.post("/projects", {"slug": "no slug"}, **KEY).status_code == 422
    assert rest.post("/projects", {"slug": "slug"}, **KEY).status_code == 201
    with acting(ada.who):
        assert Reply.objects.count() == 1


def test_a_strangers_same_key_is_another_key(rest: Rest, stranger: Rest) -> None:
    assert rest.post("/projects", {"slug": "one"}, **KEY).status_code == 201
    theirs = stranger.post("/projects", {"slug": "one"}, **KEY)
    assert theirs.status_code == 201
    assert not theirs.has_header("Idempotent-Replayed")


def test_twenty_at_once_with_one_key_start_one_run(committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasking, "_send", lambda *_: None)
    name = f"crowd-{secrets.token_hex(4)}"
    ada = founder(f"{name}@example.test", name)
    rows = golden_rows()
    with acting(ada.who):
        project = projects.open_project(slug="crowd")
        runs.pinned(project, rows)
        runs.recorded(project, "big", output_rows(rows))
        runs.recorded(project, "small", output_rows(rows, model="small", wrong=["row-0000"]))
        runs.suite(project)
    key = key_for(ada)
    asked = {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite"}

    def start(_: int) -> tuple[int, str]:
        try:
            response = Rest(key).post("/projects/crowd/runs", asked, **KEY)
            if response.status_code == 409:
                assert response["Retry-After"] == "1"
            told = json.loads(response.content)
            return response.status_code, told.get("id") or told["code"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(start, range(20)))
    with acting(ada.who):
        [run] = EvalRun.objects.all()
    assert set(answers) <= {(202, run.public_id), (409, "idempotency_in_progress")}
    assert (202, run.public_id) in answers
    replay = Rest(key).post("/projects/crowd/runs", asked, **KEY)
    assert (replay.status_code, replay["Idempotent-Replayed"]) == (202, "true")
    assert json.loads(replay.content)["id"] == run.public_id
