"""Runs over REST."""

from __future__ import annotations

import json

from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest
from tests.conftest import Person
from tests.factories import runs


def test_a_run_that_waits_is_read_watched_and_cancelled(rest: Rest, ada: Person, project: Project, at: str) -> None:
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
    progress = json.loads(rest.get(f"{at}/runs/{run.public_id}/progress").content)
    shown = {name: progress[name] for name in ("status", "is_final", "share_done", "examples", "planned_answers")}
    assert shown == {
        "status": "PLANNED",
        "is_final": False,
        "share_done": 0.0,
        "examples": 6,
        "planned_answers": 12,
    }
    assert (progress["spend_usd"], progress["projected_usd"]) == ("0.000000000", None)
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
