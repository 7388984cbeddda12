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


STUDENT_ALONE = {
    "name": "limits",
    "rules": [
        {"id": "p50", "kind": "prove", "figure": "latency", "at_most_ms": 2000, "quantile": 0.5},
        {"id": "exact", "kind": "guard", "figure": "pass_rate", "evaluators": ["ExactMatch"], "at_least": 0.5},
        {"id": "missing", "kind": "guard", "figure": "missing", "at_most": 0.02, "fail_above": 0.05},
    ],
}


def test_limits_of_the_student_alone_are_kept_answered_and_replayed(
    rest: Rest, ada: Person, project: Project, at: str
) -> None:
    card = runs.sealed(ada.who, project)
    kept = json.loads(rest.post(f"{at}/gates", {"slug": "limits", "document": STUDENT_ALONE}).content)
    assert [rule["id"] for rule in kept["document"]["rules"]] == ["p50", "exact", "missing"]
    said = json.loads(rest.post(f"{at}/gates/limits/evaluations", {"scorecard": card.public_id}).content)
    latency, rate, missing = said["report"]["findings"]
    assert (latency["verdict"], latency["value_ms"], latency["at_most_ms"]) == ("pass", 100.0, 2000.0)
    assert (rate["verdict"], rate["value"], rate["at_least"]) == ("clear", 1.0, 0.5)
    assert (missing["verdict"], missing["at_most"], said["verdict"]) == ("clear", 0.02, "pass")
    replayed = json.loads(rest.post(f"{at}/gate-replays", {"document": STUDENT_ALONE}).content)
    assert [one["now"] for one in replayed["scorecards"]] == ["pass"]


def test_a_limit_out_of_bounds_is_refused_with_its_pointer(rest: Rest, at: str) -> None:
    rule = {**STUDENT_ALONE["rules"][0], "at_most_ms": -1}
    response = rest.post(f"{at}/gates", {"slug": "limits", "document": {"name": "x", "rules": [rule]}})
    assert code_of(response) == (422, "at_most_ms_not_positive")
