"""A run watched over REST: asked once, or told by events."""

from __future__ import annotations

import json

from django.http import HttpResponse
from pytest_django.fixtures import Settings

from apps.evals import actions, coordinate
from apps.evals.models import EvalRun
from apps.members import actions as members
from apps.projects.models import Project
from apps.tenancy import streaming
from apps.tenancy.acting import acting
from apps.tenancy.queries import keys_of
from tests.api.conftest import Rest, code_of, key_for
from tests.conftest import Person
from tests.factories import runs


def waiting(ada: Person, project: Project) -> EvalRun:
    with acting(ada.who):
        return runs.started(project)


def events(response: HttpResponse) -> list[tuple[str, dict[str, object]]]:
    """Name and document of each event."""
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
    found = []
    for block in b"".join(response.streaming_content).decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_a_run_that_waits_is_planned_and_has_cost_nothing(rest: Rest, ada: Person, project: Project, at: str) -> None:
    run = waiting(ada, project)
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


def test_an_event_is_the_progress_and_done_waits_for_the_scorecard(
    reader: Rest, ada: Person, project: Project, at: str, settings: Settings
) -> None:
    settings.STREAM_SECONDS = 0.1
    run = waiting(ada, project)
    [(name, told)] = events(reader.get(f"{at}/runs/1/events", Accept="text/event-stream"))
    assert (name, told) == ("progress", json.loads(reader.get(f"{at}/runs/1/progress").content))
    assert coordinate.work(ada.who, run.id, seconds=60)
    [(name, told)] = events(reader.get(f"{at}/runs/1/events"))
    assert (name, told["status"], told["answered"]) == ("progress", "COMPLETED", 12)
    with acting(ada.who):
        run.refresh_from_db()
        runs.scorecards.seal(run, runs.assemble.card_of(run))
    [(name, told)] = events(reader.get(f"{at}/runs/1/events"))
    assert (name, told["answered"]) == ("done", 12)


def test_a_client_that_comes_back_is_told_only_what_is_new(
    rest: Rest, ada: Person, project: Project, at: str, settings: Settings
) -> None:
    settings.STREAM_SECONDS = 0.1
    run = waiting(ada, project)
    first = b"".join(rest.get(f"{at}/runs/1/events").streaming_content).decode()
    seen = {"Last-Event-ID": first.split("id: ")[1].split("\n")[0]}
    assert events(rest.get(f"{at}/runs/1/events", **seen)) == []
    with acting(ada.who):
        actions.cancel_run(run, because="enough")
    assert [name for name, _ in events(rest.get(f"{at}/runs/1/events", **seen))] == ["done"]


def test_beyond_the_bound_a_problem_says_when_to_ask_again(
    rest: Rest, ada: Person, project: Project, at: str, settings: Settings
) -> None:
    settings.STREAMS_MAX = 0
    waiting(ada, project)
    refused = rest.get(f"{at}/runs/1/events")
    assert code_of(refused) == (503, "streams_busy")
    assert refused["Retry-After"] == str(streaming.RETRY_AFTER_SECONDS)


def test_a_key_revoked_meanwhile_sees_nothing_more(ada: Person, project: Project, at: str, settings: Settings) -> None:
    settings.STREAM_SECONDS = 0.1
    waiting(ada, project)
    rest = Rest(key_for(ada, name="short"))
    stream = rest.get(f"{at}/runs/1/events")
    with acting(ada.who):
        members.revoke_key(keys_of(ada.organization.id).get(name="short"))
    assert events(stream) == []
    assert code_of(rest.get(f"{at}/runs/1/events")) == (401, "key_unknown")


def test_a_stranger_is_told_nothing(stranger: Rest, ada: Person, project: Project, at: str) -> None:
    waiting(ada, project)
    assert code_of(stranger.get(f"{at}/runs/1/events")) == (404, "not_found")
