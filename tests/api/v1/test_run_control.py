"""A run paused, resumed, cancelled and retried over REST; what is refused changes nothing."""

from __future__ import annotations

import json

import pytest
from django.http import HttpResponse

from apps.audit.models import AuditEvent
from apps.datasets.models import Example
from apps.evals.models import EvalRun, Generation
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.api.conftest import Rest, code_of
from tests.conftest import Person
from tests.factories import runs

ACTS = ("pause", "resume", "cancel", "retry")


@pytest.fixture
def run(ada: Person, project: Project) -> EvalRun:
    with acting(ada.who):
        return runs.started(project)


def shown(response: HttpResponse) -> tuple[int, str, str]:
    document = json.loads(response.content)
    return response.status_code, document["status"], document["paused_because"]


def events(ada: Person) -> list[tuple[str, str]]:
    with acting(ada.who):
        found = AuditEvent.objects.filter(event__startswith="eval_run.").order_by("sequence")
        return [(row.event, json.loads(row.payload).get("because", "")) for row in found]


def faulty(ada: Person, run: EvalRun) -> None:
    with acting(ada.who):
        example = Example.objects.order_by("key").first()
        Generation.objects.create(run=run, example=example, role="student", fault="upstream_failed")


def test_a_run_is_paused_with_a_reason_and_goes_on(rest: Rest, ada: Person, run: EvalRun, at: str) -> None:
    assert shown(rest.post(f"{at}/runs/1/pause", {"reason": "labels first"})) == (200, "PAUSED", "by_hand")
    assert shown(rest.post(f"{at}/runs/1/resume", {"budget_usd": "2.50"})) == (200, "RUNNING", "")
    assert json.loads(rest.get(f"{at}/runs/1").content)["budget_usd"] == "2.500000000"
    told = events(ada)
    assert ("eval_run.paused", "labels first") in told
    assert told[-1][0] == "eval_run.resumed"


def test_what_failed_is_asked_again(rest: Rest, ada: Person, run: EvalRun, at: str) -> None:
    assert code_of(rest.post(f"{at}/runs/1/retry")) == (409, "nothing_failed")
    faulty(ada, run)
    again = rest.post(f"{at}/runs/1/retry", {"reason": "the endpoint is back"})
    assert (again.status_code, json.loads(again.content)["number"]) == (202, 1)
    assert again["Location"] == f"/api/v1{at}/runs/{run.public_id}"
    assert events(ada)[-1] == ("eval_run.failures_reopened", "the endpoint is back")
    with acting(ada.who):
        assert not Generation.objects.exists()


def test_the_same_key_pauses_once(rest: Rest, ada: Person, run: EvalRun, at: str) -> None:
    for replayed in (None, "true"):
        response = rest.post(f"{at}/runs/1/pause", **{"Idempotency-Key": "once"})
        assert (response.status_code, response.get("Idempotent-Replayed")) == (200, replayed)
    assert [name for name, _ in events(ada)].count("eval_run.paused") == 1
    assert code_of(rest.post(f"{at}/runs/1/pause", {"reason": "x"}, **{"Idempotency-Key": "once"})) == (
        422,
        "idempotency_key_reused",
    )


@pytest.mark.parametrize(
    ("act", "body", "status", "code"),
    [
        ("resume", {}, 409, "not_paused"),
        ("pause", {"until": "noon"}, 400, "field_unknown"),
        ("cancel", {"reason": 7}, 400, "field_invalid"),
        ("resume", {"budget_usd": "much"}, 422, "budget_invalid"),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    rest: Rest, ada: Person, run: EvalRun, at: str, act: str, body: dict[str, object], status: int, code: str
) -> None:
    before = events(ada)
    assert code_of(rest.post(f"{at}/runs/1/{act}", body)) == (status, code)
    assert events(ada) == before


@pytest.mark.parametrize("act", ["pause", "cancel"])
def test_a_run_that_has_ended_stays_ended(rest: Rest, ada: Person, run: EvalRun, at: str, act: str) -> None:
    assert shown(rest.post(f"{at}/runs/1/cancel"))[:2] == (200, "CANCELLED")
    assert code_of(rest.post(f"{at}/runs/1/{act}")) == (409, "already_finished")


@pytest.mark.parametrize("act", ACTS)
def test_a_reader_and_a_stranger_change_no_run(
    reader: Rest, stranger: Rest, ada: Person, run: EvalRun, at: str, act: str
) -> None:
    before = events(ada)
    assert code_of(reader.post(f"{at}/runs/1/{act}")) == (403, "permission_missing")
    assert code_of(stranger.post(f"{at}/runs/1/{act}")) == (404, "not_found")
    assert events(ada) == before
