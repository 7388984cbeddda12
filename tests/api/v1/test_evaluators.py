"""Evaluators and suites over REST."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Rest, code_of

EXACT = {"name": "ExactMatch", "kind": "exact_match"}


def made(response: Any) -> dict[str, Any]:
    assert response.status_code == 201, response.content
    return dict(json.loads(response.content))


def test_a_suite_writes_its_evaluators_out(rest: Rest, at: str) -> None:
    evaluator = made(rest.post(f"{at}/evaluators", EXACT))
    assert json.loads(rest.get(f"{at}/evaluators/ExactMatch").content) == evaluator
    assert json.loads(rest.get(f"{at}/evaluators/{evaluator['id']}").content) == evaluator
    asked = {"slug": "suite", "evaluators": [{"evaluator": "ExactMatch", "cohorts": ["b", "a"]}]}
    suite = made(rest.post(f"{at}/suites", asked))
    assert suite["ref"] == "suite@1"
    [entry] = suite["entries"]
    assert (entry["name"], entry["is_primary"], entry["cohorts"]) == ("ExactMatch", True, ["a", "b"])
    assert made(rest.post(f"{at}/suites", asked)) == suite
    assert json.loads(rest.get(f"{at}/suites/suite").content) == suite


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"kind": "exact_match"}, 400, "field_missing"),
        ({"name": "x", "kind": "astrology"}, 422, "evaluator_unknown"),
        ({"name": "x", "kind": "recorded_score", "settings": {"path": ""}}, 422, "evaluator_settings_invalid"),
        ({"name": "x", "kind": "groundedness"}, 422, "judge_missing"),
        ({"name": "x", "kind": "groundedness", "judge": "none@1"}, 404, "not_found"),
        ({"name": "ExactMatch", "kind": "exact_match", "settings": {"normalise": True}}, 409, "name_taken"),
        ({"name": "ExactMatch", "kind": "exact_match", "settings": "{}"}, 400, "field_invalid"),
    ],
)
def test_a_bad_evaluator_is_refused(rest: Rest, at: str, asked: dict[str, Any], status: int, code: str) -> None:
    made(rest.post(f"{at}/evaluators", EXACT))
    assert code_of(rest.post(f"{at}/evaluators", asked)) == (status, code)
    assert len(json.loads(rest.get(f"{at}/evaluators").content)["data"]) == 1


@pytest.mark.parametrize(
    ("entries", "status", "code"),
    [
        ([], 422, "suite_empty"),
        ([{"evaluator": "none"}], 404, "not_found"),
        ([{"evaluator": "ExactMatch"}, {"evaluator": "ExactMatch"}], 422, "evaluator_twice"),
        ([{"evaluator": "ExactMatch", "is_primary": False}], 422, "suite_without_primary"),
        ([{"evaluator": "ExactMatch", "is_primary": "yes"}], 400, "field_invalid"),
        ([{"evaluator": "ExactMatch", "weight": 1}], 400, "field_unknown"),
        (["ExactMatch"], 400, "field_invalid"),
        ({"evaluator": "ExactMatch"}, 400, "field_invalid"),
    ],
)
def test_a_bad_suite_is_refused(rest: Rest, at: str, entries: Any, status: int, code: str) -> None:
    made(rest.post(f"{at}/evaluators", EXACT))
    assert code_of(rest.post(f"{at}/suites", {"slug": "suite", "evaluators": entries})) == (status, code)
    assert json.loads(rest.get(f"{at}/suites").content)["data"] == []
