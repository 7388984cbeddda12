"""Runs over REST."""

from __future__ import annotations

import json

import pytest

from apps.audit.models import AuditEvent
from apps.evals.models import EvalRun
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs


def test_a_run_that_waits_is_read_and_cancelled(rest: Rest, ada: Person, project: Project, at: str) -> None:
    with acting(ada.who):
        run = runs.started(project)
    read = json.loads(rest.get(f"{at}/runs/1").content)
    shown = {name: read[name] for name in ("id", "number", "status", "teacher", "student", "dataset", "suite", "gate")}
    assert shown == {
        "id": run.public_id,
        "number": 1,
        "status": "PLANNED",
        "teacher": "big@1",
        "student": "small@1",
        "dataset": "golden@1",
        "suite": "suite@1",
        "gate": "release",
    }
    assert (read["scorecard"], read["finished_at"]) == (None, None)
    cancelled = rest.post(f"{at}/runs/1/cancel", {"reason": "the wrong student"})
    assert (cancelled.status_code, json.loads(cancelled.content)["status"]) == (200, "CANCELLED")
    [event, *_] = json.loads(rest.get("/audit-events").content)["data"]
    assert event["event"] == "eval_run.cancelled"
    assert json.loads(event["payload"])["because"] == "the wrong student"


def test_a_completed_run_names_its_scorecard(rest: Rest, ada: Person, project: Project, at: str) -> None:
    card = runs.sealed(ada.who, project)
    assert json.loads(rest.get(f"{at}/runs/1").content)["scorecard"] == card.public_id
    [listed] = json.loads(rest.get(f"{at}/runs").content)["data"]
    assert (listed["number"], "scorecard" in listed) == (1, False)


def test_an_estimate_is_of_the_runs_own_body_and_starts_nothing(
    reader: Rest, rest: Rest, ada: Person, project: Project, at: str
) -> None:
    rows = runs.golden_rows()
    with acting(ada.who):
        runs.pinned(project, rows)
        runs.recorded(project, "big", runs.output_rows(rows))
        runs.live(project, "small", "https://example.com/v1")
        runs.suite(project)
        before = AuditEvent.objects.count()
    asked = {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite"}
    response = reader.post(f"{at}/runs/estimate", asked)
    assert response.status_code == 200, response.content
    # Six questions of ten characters: 12 to 20 tokens in at $1, 6 to 6 × 512 tokens out at $2 a million.
    assert json.loads(response.content) == {
        "object": "run_estimate",
        "rows": 6,
        "calls": 6,
        "input_tokens": [12, 20],
        "output_tokens": [6, 3072],
        "least_usd": "0.000024000",
        "most_usd": "0.006164000",
        "checking_usd": ["0.000000000", "0.000000000"],
        "seconds": None,
        "reusable_answers": None,
        "unpriced": ["big@1"],
        "unlimited": ["small@1"],
    }
    with acting(ada.who):
        assert not EvalRun.objects.exists()
        assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"student": "big"}, 422, "same_model"),
        ({"dataset": "draft"}, 409, "dataset_not_pinned"),
        ({"suite": "nothing"}, 404, "not_found"),
        ({"gate": "nothing"}, 404, "not_found"),
        ({"teacher": 7}, 400, "field_invalid"),
        ({"rows": 7}, 400, "field_unknown"),
        ({"repeats": "3"}, 400, "field_invalid"),
        ({"seed": 1.5}, 400, "field_invalid"),
        ({"budget_usd": "much"}, 422, "budget_invalid"),
    ],
)
def test_an_estimate_is_refused_where_the_run_would_be(
    rest: Rest, ada: Person, project: Project, at: str, changed: dict[str, object], status: int, code: str
) -> None:
    rest.upload(f"{at}/datasets?name=draft", "g.jsonl", runs.lines(runs.golden_rows(2)))
    with acting(ada.who):
        runs.started(project)
    asked = {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite", **changed}
    assert code_of(rest.post(f"{at}/runs/estimate", asked)) == (status, code)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"repeats": 0}, 422, "out_of_range"),
        ({"repeats": 11}, 422, "out_of_range"),
        ({"seed": -1}, 422, "out_of_range"),
        ({"purpose": "fun"}, 422, "purpose_unknown"),
        ({"budget_usd": "-1"}, 422, "budget_invalid"),
        ({"budget_usd": 0}, 422, "budget_invalid"),
    ],
)
def test_terms_that_cannot_be_kept_start_nothing(
    rest: Rest, ada: Person, project: Project, at: str, changed: dict[str, object], status: int, code: str
) -> None:
    with acting(ada.who):
        runs.started(project)
    asked = {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite", **changed}
    assert code_of(rest.post(f"{at}/runs", asked)) == (status, code)
    with acting(ada.who):
        assert EvalRun.objects.count() == 1


def test_the_terms_of_a_run_are_read_back(rest: Rest, ada: Person, project: Project, at: str) -> None:
    with acting(ada.who):
        runs.started(project)
    names = {"dataset": "golden", "teacher": "big", "student": "small", "suite": "suite"}
    terms = {"repeats": 3, "seed": 7, "purpose": "selection", "budget_usd": "1.25", "reuse_answers": True}
    terms["divergence"] = "bits_per_byte"
    made = json.loads(rest.post(f"{at}/runs", {**names, **terms}).content)
    assert {name: made[name] for name in terms} == {**terms, "budget_usd": "1.250000000"}
