"""Plans and replays over REST are the room's own, and a replay keeps nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.gates import actions as gates
from apps.gates.models import GateDecision, GatePolicyVersion
from apps.kernel.policy import TEMPLATES
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs
from tests.gates.test_actions import LENIENT


def plan(rest: Rest, at: str, policy: str = "release") -> dict[str, Any]:
    response = rest.get(f"{at}/datasets/golden/plan?policy={policy}")
    assert response.status_code == 200, response.content
    return dict(json.loads(response.content))


def test_a_template_plans_rows_before_anything_is_saved_or_run(
    reader: Rest, ada: Person, project: Project, at: str
) -> None:
    with acting(ada.who):
        runs.pinned(project, runs.golden_rows(30))
    found = plan(reader, at)
    cohorts = found.pop("cohorts")
    assert found.pop("policy_digest").startswith("sha256:")
    assert found == {
        "object": "dataset_plan", "dataset": "golden@1", "policy": "release", "pilot": None, "rows_missing": 284,
    }  # fmt: skip
    assert [(row["cohort"], row["rows"], row["margin_pp"], row["rows_needed"]) for row in cohorts] == [
        ("*", 30, 3.0, 99),
        ("gold", 15, 1.0, 299),
        ("plain", 15, 3.0, 99),
    ]
    gold = cohorts[1]
    assert gold.pop("best_case_pp") == pytest.approx(100 * (1 - 0.05 ** (1 / 15)), abs=1e-6)
    assert gold == {
        "cohort": "gold", "rows": 15, "is_high_value": True, "rule": "high-value", "kind": "prove", "margin_pp": 1.0,
        "expected_pp": None, "rows_needed": 299, "rows_missing": 284, "has_pilot": False, "usd": None, "minutes": None,
    }  # fmt: skip


def test_a_scorecard_is_the_pilot_of_the_next_plan(rest: Rest, ada: Person, project: Project, at: str) -> None:
    card = runs.sealed(ada.who, project, rows=runs.golden_rows(30), wrong=["row-0001", "row-0003"])
    found = plan(rest, at)
    gold = found["cohorts"][1]
    assert (found["pilot"], gold["has_pilot"]) == (card.number, True)
    assert gold["expected_pp"] > gold["best_case_pp"]
    assert gold["minutes"] == pytest.approx(gold["rows_missing"] * 0.2 / 60)


def test_a_saved_policy_goes_before_the_template_of_its_name(
    rest: Rest, ada: Person, project: Project, at: str
) -> None:
    with acting(ada.who):
        runs.pinned(project)
        saved = gates.save_policy(project, slug="release", document=LENIENT)
    for reference in ("release", "release@1", saved.public_id):
        assert plan(rest, at, reference)["policy_digest"] == saved.digest
    assert plan(rest, at, "strict")["policy"] == "strict"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "parameter_missing"),
        ("?policy=", 404, "not_found"),
        ("?policy=nothing", 404, "not_found"),
        ("?policy=release@1", 404, "not_found"),
        ("?policy=release&policy=strict", 400, "parameter_repeated"),
        ("?policy=release&cohort=gold", 400, "parameter_unknown"),
    ],
)
def test_a_plan_needs_one_policy_that_stands(
    rest: Rest, ada: Person, project: Project, at: str, query: str, status: int, code: str
) -> None:
    with acting(ada.who):
        runs.pinned(project)
    response = rest.get(f"{at}/datasets/golden/plan{query}")
    assert code_of(response) == (status, code)
    problem = json.loads(response.content)
    assert status == 400 or (problem["where"], problem["fix"]) == (
        {"parameter": "policy"}, f"Templates are: {', '.join(TEMPLATES)}.",
    )  # fmt: skip


def test_a_replay_gives_each_cards_verdict_and_keeps_nothing(
    reader: Rest, ada: Person, project: Project, at: str
) -> None:
    then = runs.judged(ada.who, project, rows=runs.golden_rows(40))
    newer = runs.sealed(ada.who, project, rows=runs.golden_rows(40))
    with acting(ada.who):
        before = (GateDecision.objects.count(), GatePolicyVersion.objects.count(), AuditEvent.objects.count())
    response = reader.post(f"{at}/gate-replays", {"document": LENIENT}, Idempotency_Key="k")
    found = json.loads(response.content)
    assert (response.status_code, found["object"], found["policy"]) == (200, "gate_replay", LENIENT["name"])
    assert found["scorecards"] == [
        {"id": newer.public_id, "number": 2, "then": None, "now": "pass"},
        {"id": then.scorecard.public_id, "number": 1, "then": "inconclusive", "now": "pass"},
    ]
    again = reader.post(f"{at}/gate-replays", {"document": LENIENT}, Idempotency_Key="k")
    assert again.content == response.content
    with acting(ada.who):
        assert before == (GateDecision.objects.count(), GatePolicyVersion.objects.count(), AuditEvent.objects.count())


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({}, 400, "field_missing", "/document"),
        ({"document": []}, 400, "field_invalid", "/document"),
        ({"document": {}, "keep": True}, 400, "field_unknown", "/keep"),
        (
            {"document": {"name": "m", "rules": [{"id": "a", "kind": "prove", "figure": "score", "margin": 3}]}},
            422,
            "margin_suspicious",
            "/rules/0/margin",
        ),
    ],
)
def test_a_document_that_is_no_policy_is_refused(
    rest: Rest, at: str, body: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    response = rest.post(f"{at}/gate-replays", body)
    assert code_of(response) == (status, code)
    assert pointer in [error["pointer"] for error in json.loads(response.content)["errors"]]
