"""The trail on a page, for those who may read it."""

from __future__ import annotations

import pytest

from apps.tenancy.acting import acting
from apps.tenancy.permissions import Role
from tests.conftest import person
from tests.console.conftest import Browser, text_of
from tests.factories import runs


def test_events_stand_newest_first_with_who_and_via(ada, at) -> None:
    Browser(ada).upload(f"{at}/datasets/new/", "g.jsonl", runs.lines(runs.golden_rows(4)), slug="golden")
    page = text_of(Browser(ada).get(f"{at}/audit/"))
    assert page.index("imported 4 examples as golden@1") < page.index("opened the project support")
    assert "<td>console</td>" in page
    assert "<code>dataset.imported</code>" in page
    assert "The chain is whole" not in page


def test_the_chain_is_verified_when_asked(ada, at, events) -> None:
    page = text_of(Browser(ada).get(f"{at}/audit/?verify=1"))
    assert f"The chain is whole:</span> {events()} events" in page


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.AUDITOR, 200), (Role.APPROVER, 200), (Role.ADMIN, 200), (Role.MEMBER, 403), (Role.VIEWER, 403)],
)
def test_the_trail_is_for_those_who_may_read_it(ada, at, role, status) -> None:
    reader = Browser(person(f"{role}@acme.test", ada.organization, role))
    assert reader.get(f"{at}/audit/").status_code == status
    assert ("Audit trail" in text_of(reader.get(f"{at}/models/"))) == (status == 200)


def test_a_request_is_named_on_its_events(ada, at) -> None:
    browser = Browser(ada)
    browser.client.post(f"/o/{ada.organization.slug}/", {"slug": "second"}, headers={"X-Request-ID": "trace-me-1"})
    assert "<code>trace-me-1</code>" in text_of(browser.get(f"{at}/audit/"))


def test_what_somebody_wrote_is_shown_as_text(ada, at, project) -> None:
    with acting(ada.who):
        runs.registry.register_model(project, slug="<b>bold</b>")
    page = text_of(Browser(ada).get(f"{at}/audit/"))
    assert "<b>bold</b>" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
