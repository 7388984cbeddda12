"""Comparisons and proposals over REST."""

from __future__ import annotations

import json

import pytest

from apps.api.v1 import comparing
from apps.gates import actions as gates
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs
from tests.gates.test_actions import LENIENT

ROWS = runs.golden_rows(40)


@pytest.fixture
def two(ada: Person, project: Project) -> None:
    """Card 1 with a verdict, whose student missed rows 1 and 2; card 2 without one, whose student missed 2, 3, 5."""
    runs.judged(ada.who, project, rows=ROWS, wrong=["row-0001", "row-0002"])
    runs.sealed(ada.who, project, rows=ROWS, wrong=["row-0002", "row-0003", "row-0005"])


def test_a_card_is_compared_with_an_earlier_one(
    reader: Rest, at: str, two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "LISTED", 1)
    found = json.loads(reader.get(f"{at}/scorecards/2/comparison?against=1").content)
    assert (found["then"]["number"], found["then"]["verdict"]) == (1, "inconclusive")
    assert (found["now"]["number"], found["now"]["verdict"]) == (2, None)
    assert (found["shared_rows"], found["mended_count"], found["broken_count"]) == (40, 1, 2)
    assert found["mended"] == [
        {"key": "row-0001", "cohort": "gold", "evaluator": "ExactMatch", "then": 0.0, "now": 1.0}
    ]
    assert [row["key"] for row in found["broken"]] == ["row-0003"]  # the first of two
    overall = found["turns"][0]
    assert {name: overall[name] for name in ("cohort", "then_pp", "now_pp", "change_pp", "is_turned")} == {
        "cohort": "*", "then_pp": -5.0, "now_pp": -7.5, "change_pp": -2.5, "is_turned": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "status", "code", "where"),
    [
        ("", 400, "parameter_missing", {"parameter": "against"}),
        ("?against=9", 404, "not_found", {"parameter": "against"}),
        ("?against=2", 422, "same_card", {}),
        ("?agianst=1", 400, "parameter_unknown", {"parameter": "agianst"}),
    ],
)
def test_a_comparison_needs_another_card(
    rest: Rest, at: str, two: None, query: str, status: int, code: str, where: dict[str, str]
) -> None:
    response = rest.get(f"{at}/scorecards/2/comparison{query}")
    assert (*code_of(response), json.loads(response.content)["where"]) == (status, code, where)


def test_before_a_gate_is_asked_the_verdict_is_in_the_way(rest: Rest, ada: Person, project: Project, at: str) -> None:
    card = runs.sealed(ada.who, project)
    assert json.loads(rest.get(f"{at}/scorecards/1/proposal").content) == {
        "object": "scorecard_proposal",
        "scorecard": card.public_id,
        "scorecard_digest": card.digest,
        "report_digest": None,
        "gate": None,
        "verdict": None,
        "cohorts": [],
        "traffic_share": 0.0,
        "held": [{"cohort": name, "rule": None, "reason": "blocked"} for name in ("gold", "plain")],
        "blocked_by": ["verdict"],
    }


def test_cohorts_whose_proof_passed_are_proposed_with_their_traffic(
    reader: Rest, ada: Person, project: Project, at: str
) -> None:
    document = {**LENIENT, "rules": [{**LENIENT["rules"][0], "id": "each", "scope": "each_cohort", "margin": 0.2}]}
    card = runs.sealed(ada.who, project, rows=ROWS, wrong=[str(row["id"]) for row in ROWS if row["cohort"] == "plain"])
    with acting(ada.who):
        gates.decide(card, version=gates.save_policy(project, slug="each", document=document))
    found = json.loads(reader.get(f"{at}/scorecards/1/proposal").content)
    assert (found["gate"], found["verdict"]) == ("each@1", "fail")
    assert (found["cohorts"], found["traffic_share"], found["blocked_by"]) == (["gold"], 0.5, [])
    assert found["held"] == [{"cohort": "plain", "rule": "each", "reason": "fail"}]
