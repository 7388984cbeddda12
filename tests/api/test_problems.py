"""Every error is a problem document, with the status that one table gives it."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, OperationalError
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions

from apps.api import problems
from apps.api.authentication import KeyRefused
from apps.api.parameters import ParameterRefused
from apps.api.parsing import BodyRefused, BodyTooLarge, MediaTypeUnsupported
from apps.api.v1 import me
from apps.datasets.queries import DatasetNotPinned
from apps.decisions.signing import SigningKeyMissing
from apps.kernel.errors import Conflict, DistillHubError, Forbidden, InvalidInput, NotFound, Problem, Unavailable
from apps.kernel.reading.refusal import Problems
from tests.api.conftest import Rest, code_of
from tests.database import full_disk


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BodyRefused("x"), 400),
        (ParameterRefused("x"), 400),
        (InvalidInput("x", code="idempotency_key_invalid"), 400),
        (KeyRefused("x"), 401),
        (Forbidden("x"), 403),
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (DatasetNotPinned("x"), 409),
        (BodyTooLarge("x"), 413),
        (Problems().refuse("too_many_rows", "x"), 413),
        (Problems().refuse("type_unsupported", "x"), 415),
        (MediaTypeUnsupported("x"), 415),
        (InvalidInput("x"), 422),
        (Problems().refuse("not_utf8", "x"), 422),
        (Unavailable("x"), 503),
        (SigningKeyMissing("x"), 503),
        (DistillHubError("x"), 500),
    ],
)
def test_the_table_gives_each_error_its_status(error: DistillHubError, status: int) -> None:
    assert problems.status_of(error) == status


def told(error: Exception) -> tuple[int, dict[str, object]]:
    request = RequestFactory().get("/api/v1/me")
    request.request_id = "req_1"  # type: ignore[attr-defined]
    response = problems.answer(error, request)
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, json.loads(response.content)


def test_a_problem_says_what_where_and_what_to_do() -> None:
    error = DatasetNotPinned("golden@1 is a draft.", where={"dataset": "golden@1"}, fix="Pin it.")
    assert told(error) == (
        409,
        {
            "type": "https://docs.distillhub.dev/problems/dataset-not-pinned",
            "title": "Dataset version is not pinned",
            "status": 409,
            "code": "dataset_not_pinned",
            "detail": "golden@1 is a draft.",
            "where": {"dataset": "golden@1"},
            "errors": [],
            "fix": "Pin it.",
            "request_id": "req_1",
            "instance": "/api/v1/me",
        },
    )


def test_several_faults_are_listed_each_with_its_place() -> None:
    error = InvalidInput("two", errors=[Problem("a_b", "one", {"row": 2}), Problem("c_d", "two", {"pointer": "/x"})])
    assert told(error)[1]["errors"] == [
        {"code": "a_b", "detail": "one", "row": 2},
        {"code": "c_d", "detail": "two", "pointer": "/x"},
    ]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (IntegrityError("duplicate key value: secret"), 409, "made_meanwhile"),
        (OperationalError("lock timeout: secret"), 503, "database_away"),
        (full_disk("could not extend file: secret"), 507, "storage_full"),
        (ZeroDivisionError("secret"), 500, "internal"),
    ],
)
def test_the_frameworks_errors_are_told_in_our_words(error: Exception, status: int, code: str) -> None:
    found, problem = told(error)
    assert (found, problem["code"]) == (status, code)
    assert "secret" not in json.dumps(problem)


def test_what_we_did_not_foresee_is_logged_and_rolled_back(
    rest: Rest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> object:
        raise ZeroDivisionError("the secret reason")

    monkeypatch.setattr(me, "current", fail)
    response = rest.get("/me", X_Request_ID="req-of-this-test")
    assert code_of(response) == (500, "internal")
    problem = json.loads(response.content)
    assert problem["request_id"] == "req-of-this-test"
    assert b"secret" not in response.content
    assert "request req-of-this-test failed" in caplog.text
    assert "the secret reason" in caplog.text


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_a_method_that_is_not_there_is_told_which_are(rest: Rest, method: str) -> None:
    response = getattr(rest.client, method)("/api/v1/projects", headers={"Authorization": f"Bearer {rest.key}"})
    assert code_of(response) == (405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("accept", ["application/xml", "text/html"])
def test_another_type_is_not_acceptable(rest: Rest, accept: str) -> None:
    assert code_of(rest.get("/me", Accept=accept)) == (406, "not_acceptable")


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/*", "text/html, application/json;q=0.5"])
def test_json_is_given_to_whoever_takes_it(rest: Rest, accept: str) -> None:
    assert rest.get("/me", Accept=accept)["Content-Type"] == "application/json"
