"""Projects over REST."""

from __future__ import annotations

import json

import pytest

from tests.api.conftest import Rest, code_of


def test_a_project_is_named_after_its_slug_unless_told(rest: Rest) -> None:
    assert json.loads(rest.post("/projects", {"slug": "one"}).content)["name"] == "one"
    assert json.loads(rest.post("/projects", {"slug": "two", "name": "The second"}).content)["name"] == "The second"
    assert [entry["slug"] for entry in json.loads(rest.get("/projects").content)["data"]] == ["two", "one"]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({}, 400, "field_missing"),
        ({"slug": "no slug"}, 422, "slug_invalid"),
        ({"slug": None}, 400, "null_not_allowed"),
        ({"slug": "a", "name": "x" * 121}, 400, "field_too_long"),
    ],
)
def test_a_bad_project_is_refused(rest: Rest, asked: dict[str, object], status: int, code: str) -> None:
    assert code_of(rest.post("/projects", asked)) == (status, code)
    assert json.loads(rest.get("/projects").content)["data"] == []
