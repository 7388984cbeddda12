"""Each kind of error has its page and status; nothing of a mistake of ours is shown."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, OperationalError
from django.test import Client, RequestFactory

from apps.console import problems
from apps.console.base import Here
from apps.kernel.errors import Conflict, DistillHubError, Forbidden, InvalidInput, NotFound, Unavailable
from tests.console.conftest import BACKEND, code_of, text_of
from tests.database import full_disk


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("x"), 422),
        (Forbidden("x"), 403),
        (Conflict("x"), 409),
        (Unavailable("x"), 503),
        (DistillHubError("x"), 500),
    ],
)
def test_the_branch_of_an_error_gives_the_status(error, status) -> None:
    response = problems.page(RequestFactory().get("/"), error, frame={})
    assert code_of(response) == (status, error.code)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (IntegrityError("key (secret)"), 409, "made_meanwhile"),
        (OperationalError("host"), 503, "database_away"),
        (full_disk("could not extend file"), 507, "storage_full"),
    ],
)
def test_the_database_is_told_in_our_words(error, status, code) -> None:
    response = problems.page(RequestFactory().get("/"), error, frame={})
    assert code_of(response) == (status, code)
    assert str(error) not in text_of(response)


def test_other_faults_of_the_database_are_a_mistake_of_ours() -> None:
    with pytest.raises(DatabaseError):
        problems.page(RequestFactory().get("/"), DatabaseError("syntax"), frame={})


def test_what_is_not_found_says_nothing_of_itself() -> None:
    response = problems.page(RequestFactory().get("/"), NotFound("There is no run '7'."), frame={"section": "runs"})
    assert code_of(response) == (404, "not_found")
    assert "run" not in text_of(response).split("<main")[1].split("</main>")[0]


def test_an_address_that_is_none_has_the_same_page(ada, at) -> None:
    client = Client()
    client.force_login(ada.user, backend=BACKEND)
    for path in ("/nothing/here", f"{at}/nothing/", f"{at}/runs/7/", f"{at}/models/%00/", f"{at}/datasets/a%0Ab/"):
        assert code_of(client.get(path)) == (404, "not_found"), path


def test_a_mistake_of_ours_shows_nothing_of_itself(ada, at, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Here, "render", broken)
    client = Client(raise_request_exception=False)
    client.force_login(ada.user, backend=BACKEND)
    response = client.get(f"{at}/models/")
    assert response.status_code == 500
    assert "Something went wrong" in text_of(response)
    assert "secret detail" not in text_of(response)
    assert response["X-Request-ID"].startswith("req_")


def test_the_request_id_stands_on_the_page(ada, at) -> None:
    client = Client()
    client.force_login(ada.user, backend=BACKEND)
    response = client.get(f"{at}/runs/7/", headers={"X-Request-ID": "find-me-please"})
    assert "<code>find-me-please</code>" in text_of(response)
