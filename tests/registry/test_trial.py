"""A trial makes one call with the version's own parameters, and says in our words what came back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.audit.models import AuditEvent
from apps.inference import errors
from apps.inference.client import Answer
from apps.kernel.chat import Completion, Usage
from apps.kernel.errors import Forbidden, InvalidInput
from apps.projects.models import Project
from apps.registry import actions, queries, trial
from apps.registry.models import ModelVersion, Trial
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import Person, person
from tests.factories import runs
from tests.fakes import upstream

CLOSED = "http://127.0.0.1:9/v1"
SECRET = "sk-canary-of-the-upstream"
Rung = list[tuple[str, ...]]


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Rung:
    sent: Rung = []
    monkeypatch.setattr("apps.tenancy.tasking._send", lambda name, arguments: sent.append((name, *arguments)))
    return sent


def tried(ada: Person, version: ModelVersion) -> Trial:
    with acting(ada.who):
        asked = actions.try_version(version)
    trial.run(ada.who, asked.pk)
    with acting(ada.who):
        asked.refresh_from_db()
    return asked


def test_an_answer_is_told_by_its_counts_and_never_by_its_text(project: Project, ada: Person) -> None:
    seen: list[dict[str, Any]] = []

    def rule(request: dict[str, Any]) -> str:
        seen.append(request)
        return SECRET

    with upstream.serving(rule) as server:
        with acting(ada.who):
            version = runs.live(project, "small", server.base_url)
        done = tried(ada, version)
        trial.run(ada.who, done.pk)
    assert seen == [{"temperature": 0, "model": "small", "messages": [{"role": "user", "content": trial.ASKED}]}]
    assert (done.fault, done.words) == ("", "It answered: 10 tokens in, 2 out, as the endpoint counts.")
    assert done.latency_ms is not None
    assert (done.latency_ms > 0, done.has_logprobs) == (True, None)


@pytest.mark.parametrize(
    ("status", "fault", "words"),
    [
        (401, errors.REFUSED_KEY, "The endpoint refused the key (401)."),
        (404, errors.NO_SUCH_MODEL, "The endpoint has no model of that name (404)."),
        (503, errors.FAILED, "The endpoint failed (503)."),
    ],
)
def test_a_refusal_is_said_with_its_status_and_made_once(
    project: Project, ada: Person, status: int, fault: str, words: str
) -> None:
    with upstream.serving(lambda _: status) as server:
        with acting(ada.who):
            version = runs.live(project, "small", server.base_url)
        done = tried(ada, version)
        assert sum(server.calls.values()) == 1
    assert (done.fault, done.words, done.latency_ms) == (fault, words, None)


@pytest.mark.parametrize(
    ("answer", "status", "has_logprobs", "words"),
    [
        (Answer(None, errors.HTML, None, 1), 200, None, "The endpoint answered with a web page."),
        (Answer(None, errors.SHAPE, None, 1), 200, None, "An answer is not in the form of the endpoint's dialect."),
        (Answer(None, "a_code_of_tomorrow", None, 0), None, None, "A code of tomorrow."),
        (
            Answer(Completion("x", "stop", Usage(3, 1, estimated=True)), None, 5.0, 1), 200, False,
            "It answered: 3 tokens in, 1 out, counted by us, as the endpoint sent no count. "
            "Log-probabilities were asked for and none came: divergence will not be available.",
        ),
    ],
)  # fmt: skip
def test_what_came_back_in_our_words(answer: Answer, status: int | None, has_logprobs: bool | None, words: str) -> None:
    assert trial.words_of(answer, status, has_logprobs=has_logprobs) == words


def test_log_probabilities_that_were_asked_for_and_do_not_come_are_told(project: Project, ada: Person) -> None:
    with upstream.serving(lambda _: "yes") as server:
        with acting(ada.who):
            plain = runs.live(project, "small", server.base_url)
            asks = {"logprobs": True, "top_logprobs": 5}
            version = actions.register_version(plain.model, endpoint=plain.endpoint, remote_name="m", parameters=asks)
        done = tried(ada, version)
    assert (done.fault, done.has_logprobs) == ("", False)


def test_asking_twice_within_a_minute_makes_one_call(
    project: Project, ada: Person, rung: Rung, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), acting(ada.who):
        version = runs.live(project, "small", CLOSED)
        first, second = actions.try_version(version), actions.try_version(version)
        assert first.pk == second.pk
        events = AuditEvent.objects.filter(event="model_version.tried")
        assert [json.loads(bytes(one.payload))["facts"] for one in events] == [{"version": "small@1"}]
        store_and_ask_again(first, version)
    assert [sent[0] for sent in rung] == ["registry.try", "registry.try"]


def store_and_ask_again(first: Trial, version: ModelVersion) -> None:
    Trial.objects.filter(pk=first.pk).update(created_at=first.created_at - actions.TRIAL_WAITS * 2)
    assert actions.try_version(version).pk != first.pk


def test_a_recorded_version_has_nobody_to_call(project: Project, ada: Person) -> None:
    with acting(ada.who):
        version = runs.recorded(project, "big", runs.output_rows(runs.golden_rows()))
        with pytest.raises(InvalidInput) as refused:
            actions.try_version(version)
        assert (refused.value.code, Trial.objects.count()) == ("not_callable", 0)


def test_a_viewer_tries_nothing_and_a_stranger_sees_nothing(project: Project, ada: Person, cy: Person) -> None:
    viewer = person("vic@acme.test", ada.organization, Role.VIEWER)
    with acting(ada.who):
        version = runs.live(project, "small", CLOSED)
        asked = actions.try_version(version)
        assert queries.trial_of(version) == asked
        assert list(queries.trials(project)) == [asked]
    with acting(viewer.who), pytest.raises(Forbidden):
        actions.try_version(version)
    with acting(cy.who):
        assert Trial._base_manager.count() == 0
        assert queries.open_trial(asked.pk) is None
    trial.run(cy.who, asked.pk)
    with acting(ada.who):
        asked.refresh_from_db()
        assert asked.ended_at is None
