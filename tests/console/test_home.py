"""Where a person arrives, and the page of an organization."""

from __future__ import annotations

import pytest

from apps.projects import actions as projects
from apps.projects.models import Project
from apps.tenancy import store
from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.console.conftest import Browser, code_of, text_of


def test_the_only_project_is_opened_at_once(ada, at) -> None:
    response = Browser(ada).get("/")
    assert (response.status_code, response["Location"]) == (302, f"{at}/")


def test_the_last_project_is_opened_while_it_is_hers(ada, cy, project, at) -> None:
    with acting(ada.who):
        projects.open_project(slug="second")
    browser = Browser(ada)
    assert "second" in text_of(browser.get("/"))
    browser.get("/o/acme/p/second/")
    assert browser.get("/")["Location"] == "/o/acme/p/second/"
    browser.client.session.save()
    store.remove_member(ada.user.memberships.get())
    assert "You belong to no organization" in text_of(browser.get("/"))


def test_the_list_holds_only_ones_own(ada, cy, project) -> None:
    page = text_of(Browser(cy).get("/"))
    assert "Other" in page
    assert "Acme" not in page
    assert "support" not in page


def test_an_admin_opens_a_project(ada) -> None:
    response = Browser(ada).post("/o/acme/", {"slug": "fraud", "name": "Fraud desk"})
    assert response["Location"] == "/o/acme/p/fraud/"
    with acting(ada.who):
        assert Project.objects.get().name == "Fraud desk"


@pytest.mark.parametrize(
    ("slug", "status", "code"), [("two words", 422, "slug_invalid"), ("support", 409, "slug_taken")]
)
def test_a_project_that_cannot_be_is_refused(ada, project, events, slug, status, code) -> None:
    before = events()
    assert code_of(Browser(ada).post("/o/acme/", {"slug": slug})) == (status, code)
    assert events() == before


def test_a_member_is_offered_no_new_project(ada, member) -> None:
    assert "Open a project" not in text_of(Browser(member).get("/o/acme/"))
    assert code_of(Browser(member).post("/o/acme/", {"slug": "mine"})) == (403, "permission_missing")


def test_other_organizations_are_one_link_away(ada, cy) -> None:
    store.set_role(organization_id=cy.organization.id, user=ada.user, role=Role.VIEWER)
    assert 'href="/o/other/">Other</a>' in text_of(Browser(ada).get("/o/acme/"))


def test_a_stranger_finds_no_organization(ada, cy) -> None:
    assert Browser(cy).get("/o/acme/").status_code == 404
    assert Browser().get("/o/acme/")["Location"] == "/login/?next=/o/acme/"
