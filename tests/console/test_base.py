"""Who sees which page: members all, viewers without changing, strangers nothing, and nobody can tell what exists."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.console import urls
from apps.console.base import tried
from apps.evals.models import EvalRun
from apps.kernel.errors import Conflict
from apps.projects import actions as projects
from apps.projects.models import Project
from apps.tenancy.acting import acting
from tests.conftest import Person
from tests.console.conftest import Browser, code_of, text_of, unchanging
from tests.factories import runs

# Page, its steps, and the queries it may cost, whatever the number of rows.
READS = [
    ("overview", (), 26),
    ("models", (), 18),
    ("model", ("big@1",), 19),
    ("trial", ("big@1",), 12),
    ("datasets", (), 12),
    ("dataset", ("golden@1",), 19),
    ("traffic", (), 14),
    ("runs", (), 16),
    ("run", ("1",), 17),
    ("run_progress", ("1",), 15),
    ("run_judges", ("1",), 16),
    ("run_labels", ("1",), 16),
    ("run_events", ("1",), 15),
    ("scorecards", (), 15),
    ("scorecard", ("1",), 17),
    ("scorecard_export", ("1", "json"), 12),
    ("scorecard_export", ("1", "csv"), 12),
    ("gates", (), 12),
    ("gate", ("release@1",), 14),
    ("decisions", (), 15),
    ("decision", ("1",), 18),
]
PARTS = {"run_progress", "trial"}
FORMS = [
    ("model_new", ()),
    ("dataset_new", ()),
    ("traffic_new", ()),
    ("run_new", ()),
    ("run_resume", ("1",)),
    ("run_cancel", ("1",)),
    ("run_retry", ("1",)),
    ("gate_new", ()),
    ("decision_new", ("1",)),
    ("corpus_new", ("small@1",)),
    ("baseline_new", ("1",)),
]
TRAIL = [("audit", ())]
# Opened in test_comparison.py, where there are two cards to compare.
TWO_CARDS = [("scorecard_vs", ("1", "1"))]
# Opened in test_labels.py, where there is a sample to label.
WITH_A_SAMPLE = [("label_next", ("1", f"sample_{'0' * 32}"))]
CHANGES = [
    ("price_new", ("big@1",)),
    ("trial_new", ("big@1",)),
    ("dataset_pin", ("golden@1",)),
    ("traffic_compare", (f"trf_{'0' * 32}",)),
    ("traffic_forget", (f"trf_{'0' * 32}",)),
    ("run_pause", ("1",)),
    ("labels_import", ("1",)),
    ("run_reseal", ("1",)),
    ("gate_ask", ("1",)),
    ("decision_approve", ("1",)),
]
PAGES = [*[(name, steps) for name, steps, _ in READS], *FORMS, *TRAIL, *TWO_CARDS, *WITH_A_SAMPLE]


def address(name: str, steps: tuple[str, ...], *, org: str = "acme", project: str = "support") -> str:
    return reverse(f"console:{name}", args=[org, project, *steps])


def test_every_address_of_a_project_is_walked_through() -> None:
    walked = {name for name, _ in [*PAGES, *CHANGES]}
    assert {pattern.name for pattern in urls.in_project} == walked


@pytest.mark.parametrize(("name", "steps", "budget"), READS)
def test_a_page_opens_with_few_queries(story, ada, name, steps, budget) -> None:
    browser = Browser(ada)
    browser.get(address("overview", ()))
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(address(name, steps))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert len(queries) <= budget


def test_an_admin_opens_forms_and_trail(story, ada) -> None:
    browser = Browser(ada)
    opened = {name: browser.get(address(name, steps)).status_code for name, steps in [*FORMS, *TRAIL]}
    assert opened == dict.fromkeys(opened, 200)


def test_a_viewer_reads_and_is_offered_no_change(story, viewer) -> None:
    browser = Browser(viewer)
    for name, steps, _ in READS:
        response = browser.get(address(name, steps))
        assert response.status_code == 200, name
        if response["Content-Type"].startswith("text/html"):
            # The one form left is signing out; a part of a page has not even that.
            assert text_of(response).count('method="post"') == (0 if name in PARTS else 1), name
            assert "/new/" not in text_of(response), name
            assert "Audit trail" not in text_of(response), name


def test_a_viewer_is_refused_forms_trail_and_changes(story, viewer, events) -> None:
    browser, before = Browser(viewer), events()
    refused = {name: code_of(browser.get(address(name, steps))) for name, steps in [*FORMS, *TRAIL]}
    refused |= {f"POST {name}": code_of(browser.post(address(name, steps))) for name, steps in [*FORMS, *CHANGES]}
    assert refused == dict.fromkeys(refused, (403, "permission_missing"))
    assert events() == before


def test_a_stranger_cannot_tell_what_exists(story, cy, events) -> None:
    browser, before = Browser(cy), events()
    for name, steps in [*PAGES, *CHANGES]:
        ask = browser.post if (name, steps) in CHANGES else browser.get
        foreign = ask(address(name, steps))
        absent = ask(address(name, steps, org="nowhere"))
        inside = ask(address(name, steps, org="other"))
        assert [answer.status_code for answer in (foreign, absent, inside)] == [404, 404, 404], name
        assert unchanging(foreign) == unchanging(absent) == unchanging(inside), name
    assert events() == before


def test_a_foreign_id_inside_ones_own_project_reads_like_no_id(story, ada, cy) -> None:
    with acting(cy.who):
        projects.open_project(slug="own")
    with acting(ada.who):
        foreign = EvalRun.objects.get().public_id
    absent = foreign[:-4] + "0000"
    browser = Browser(cy)
    answers = [browser.get(address("run", (name,), org="other", project="own")) for name in (foreign, absent, "7")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert unchanging(answers[0]) == unchanging(answers[1]) == unchanging(answers[2])
    assert Browser(ada).get(address("run", (foreign,))).status_code == 200


@pytest.mark.parametrize(("name", "steps"), [*PAGES, *CHANGES])
def test_nobody_signed_in_is_sent_to_sign_in_and_back(db, name, steps) -> None:
    path = address(name, steps)
    response = Browser().get(path)
    where, _, after = response["Location"].partition("?next=")
    assert (response.status_code, where, unquote(after)) == (302, "/login/", path)


def test_what_changes_something_is_never_a_link(story, ada, events) -> None:
    browser, before = Browser(ada), events()
    answers = {name: browser.get(address(name, steps)).status_code for name, steps in CHANGES}
    assert answers == dict.fromkeys(answers, 405)
    assert events() == before


def test_the_policy_of_a_page_forbids_inline_code(story, ada) -> None:
    policy = Browser(ada).get(address("scorecard", ("1",)))["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_page_number_of_a_list_is_read_kindly(story, ada) -> None:
    for number in ("0", "x", "999999", "-1"):
        assert Browser(ada).get(f"{address('dataset', ('golden@1',))}?page={number}").status_code == 200


def test_a_running_run_is_counted_in_the_rail(ada, project) -> None:
    counted = '<span class="count">1<span class="vh"> running</span></span>'
    assert counted not in text_of(Browser(ada).get(address("models", ())))
    with acting(ada.who):
        runs.started(project)
    assert counted in text_of(Browser(ada).get(address("models", ())))


def test_the_error_page_of_a_member_keeps_the_frame(story, viewer) -> None:
    page = text_of(Browser(viewer).get(address("run_new", ())))
    assert 'aria-label="Project"' in page
    assert "Ask an admin of the organization" in page


def test_a_refused_change_is_taken_back_whole(ada: Person) -> None:
    def half() -> None:
        projects.open_project(slug="first")
        raise Conflict("no", code="no")

    with acting(ada.who):
        refused = tried(half)
        assert isinstance(refused, Conflict)
        assert not Project.objects.exists()
        assert tried(lambda: 7) == 7


def test_a_part_that_asks_for_itself_sends_the_whole_page_to_sign_in(db) -> None:
    response = Browser().get(address("run_progress", ("1",)), **{"HX-Request": "true"})
    assert (response.status_code, response["HX-Refresh"], response.content) == (200, "true", b"")
