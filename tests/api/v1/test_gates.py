"""Policies and verdicts over REST."""

from __future__ import annotations

import json

from apps.kernel.policy import TEMPLATES
from apps.projects.models import Project
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs


def test_a_policy_is_kept_by_version_and_found_by_each_name(rest: Rest, at: str) -> None:
    for name, ref in (("release", "mine@1"), ("strict", "mine@2"), ("release", "mine@1")):
        response = rest.post(f"{at}/gates", {"slug": "mine", "document": dict(TEMPLATES[name])})
        kept = json.loads(response.content)
        assert (response.status_code, kept["ref"], kept["document"]["name"]) == (201, ref, name)
    for reference, number in (("mine", 2), ("mine@1", 1), (kept["id"], 1)):
        assert json.loads(rest.get(f"{at}/gates/{reference}").content)["number"] == number


def test_a_verdict_names_policy_and_card_and_carries_its_report(
    rest: Rest, ada: Person, project: Project, at: str
) -> None:
    card = runs.sealed(ada.who, project)
    response = rest.post(f"{at}/gates/release@1/evaluations", {"scorecard": card.public_id})
    verdict = json.loads(response.content)
    assert response.status_code == 201
    assert (verdict["object"], verdict["gate"], verdict["scorecard"]) == (
        "gate_evaluation", "release@1", card.public_id,
    )  # fmt: skip
    assert verdict["verdict"] == verdict["report"]["verdict"] == "inconclusive"
    [listed] = json.loads(rest.get(f"{at}/gates/release/evaluations").content)["data"]
    assert listed == {name: value for name, value in verdict.items() if name != "report"}


def test_a_card_that_is_not_there_is_named(rest: Rest, ada: Person, project: Project, at: str) -> None:
    runs.sealed(ada.who, project)
    response = rest.post(f"{at}/gates/release/evaluations", {"scorecard": "9"})
    assert code_of(response) == (404, "not_found")
    assert json.loads(response.content)["where"] == {"field": "scorecard"}
