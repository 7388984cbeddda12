"""Sign in and out."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.conftest import PASSWORD
from tests.console.conftest import text_of


def sign_in(client: Client, *, password: str = PASSWORD, after: str = "", email: str = "ada@acme.test"):
    return client.post("/login/", {"username": email, "password": password, "next": after})


def test_a_person_signs_in_by_address_whatever_its_case(ada) -> None:
    client = Client()
    response = sign_in(client, email="ADA@acme.test")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert "distillhub" in response.cookies
    assert response.cookies["distillhub"]["httponly"]


def test_a_wrong_password_and_an_unknown_address_read_alike(ada) -> None:
    answers = [sign_in(Client(), password="wrong"), sign_in(Client(), email="nobody@acme.test")]
    assert [answer.status_code for answer in answers] == [200, 200]
    told = ["This address and password do not go together." in text_of(answer) for answer in answers]
    assert told == [True, True]


@pytest.mark.parametrize(
    ("after", "location"),
    [
        ("/o/acme/p/support/runs/", "/o/acme/p/support/runs/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_only_our_own_pages_follow_signing_in(ada, after, location) -> None:
    assert sign_in(Client(), after=after)["Location"] == location


def test_the_page_keeps_where_to_go(ada) -> None:
    page = text_of(Client().get("/login/?next=/o/acme/p/support/"))
    assert '<input type="hidden" name="next" value="/o/acme/p/support/">' in page


def test_ten_failures_pause_one_persons_signing_in_from_here(ada, ben) -> None:
    client = Client()
    for number in range(10):
        last = sign_in(client, password="wrong", email="ADA@acme.test" if number % 2 else "ada@acme.test")
    assert last.status_code == 429
    assert "too_many_attempts" in text_of(last)
    assert sign_in(client).status_code == 429  # even with the right password
    assert sign_in(client, email="ben@acme.test").status_code == 302


def test_signing_out_is_a_post_and_ends_the_session(ada) -> None:
    client = Client()
    sign_in(client)
    assert client.get("/logout/").status_code == 405
    assert client.get("/o/acme/").status_code == 200
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/o/acme/").status_code == 302


def test_a_form_without_its_token_is_refused(ada) -> None:
    client = Client(enforce_csrf_checks=True)
    response = sign_in(client)
    assert response.status_code == 403
    assert "Not allowed" in text_of(response)


def test_whoever_is_signed_in_goes_on(ada) -> None:
    client = Client()
    sign_in(client)
    assert client.get("/login/")["Location"] == "/"
